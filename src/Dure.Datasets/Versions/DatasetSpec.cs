using System.Text.RegularExpressions;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>What a dataset is to contain: which signals of which assets, over which time, split where.</summary>
public sealed partial record DatasetSpec
{
    public const int MaxAssets = 10_000;
    public const int MaxSignals = 512;
    internal const int MaxTitle = 1000;

    /// <summary>Short name for addresses and SQL: lower-case letters, digits and '-', such as <c>skab</c>.</summary>
    public required string Name { get; init; }

    public required string Title { get; init; }

    public required string Description { get; init; }

    /// <summary>An SPDX expression or the address of the licence text.</summary>
    public required string Licence { get; init; }

    /// <summary>How to cite where the data came from.</summary>
    public required string Source { get; init; }

    public required IReadOnlyList<AssetId> Assets { get; init; }

    /// <summary>Names of the signals, the same for each asset; the order becomes the column order.</summary>
    public required IReadOnlyList<string> Signals { get; init; }

    /// <summary>Name of the signal whose non-zero samples mark a fault; never a feature.</summary>
    public string? LabelSignal { get; init; }

    /// <summary>Takes only samples within; everything when null.</summary>
    public TimeRange? Range { get; init; }

    public required Split Split { get; init; }

    /// <summary>1 to 60 lower-case letters, digits and '-', starting with a letter: fit for an address and a file.</summary>
    public static bool IsName(string? text) => text is not null && NamePattern().IsMatch(text);

    /// <summary>Throws a problem naming the first field that cannot be right.</summary>
    public void Check()
    {
        Require(IsName(Name), "name", $"'{Name}' is not a dataset name.", "Use 1 to 60 lower-case letters, digits and '-', starting with a letter.");
        Require(!string.IsNullOrWhiteSpace(Title), "title", "The title is empty.", "Say in a few words what the data is.");
        Require(!string.IsNullOrWhiteSpace(Licence), "licence", "The licence is empty.", "Name it, such as CC-BY-4.0; a dataset nobody may use is none.");
        Require(Assets.Count is >= 1 and <= MaxAssets, "assets", $"{Assets.Count} assets are named.", $"Name 1 to {MaxAssets}.");
        Require(Signals.Count is >= 1 and <= MaxSignals, "signals", $"{Signals.Count} signals are named.", $"Name 1 to {MaxSignals}.");
        RequireOnce("assets", Assets.Select(asset => asset.Path));
        RequireOnce("signals", Signals.Select(name => name.ToUpperInvariant()));
        foreach (var name in Signals)
            Require(!Reserved.Contains(name, StringComparer.OrdinalIgnoreCase), "signals", $"The name '{name}' is kept for a column of every dataset.", "Rename the signal.");
        Require(LabelSignal is null || !Signals.Contains(LabelSignal, StringComparer.Ordinal), "labelSignal", $"'{LabelSignal}' is both label and signal.",
            "Take it out of the signals: a label among the features gives the answer away.");
        Require(Split is not Split.CommissioningRows { Rows: < 1 }, "split", "No row is left to commission with.", "Give a number of rows above 0.");
    }

    /// <summary>Throws a problem when a manifest of another organisation describes what no spec could have cut.</summary>
    /// <param name="received">What the manifest says.</param>
    internal static void CheckReceived(DatasetVersion received)
    {
        // Made elsewhere: any of these may be missing, whatever the types say.
        Must(IsName(received.Name), $"its name '{Shown(received.Name)}' is not a dataset name");
        Must(!string.IsNullOrWhiteSpace(received.Title) && received.Title.Length <= MaxTitle, "its title is empty or too long");
        Must(received.ParquetBytes > 0, "its file is empty");
        Must(received.Columns.All(column => !string.IsNullOrEmpty(column.Name)), "a column has no name");
        if (received.Table is { } table)
        {
            Must(table.Columns.Count is >= 1 and <= TableFacts.MaxColumns && received.Columns.Select(column => column.Name).SequenceEqual(table.Columns.Select(column => column.Name)), "its columns are not described, or too many");
            Must(received.Rows > 0 && received.Parts.Count == 0, "a table has rows and no machines");
            return;
        }
        Must(received.Parts.Count is >= 1 and <= MaxAssets && received.Columns.Count is >= 1 and <= MaxSignals, "it has no assets or signals, or too many");
        Must(received.Rows > 0 && received.Parts.All(part => part.Rows >= 0 && part.TrainRows >= 0 && part.TrainRows <= part.Rows) && received.Parts.Sum(part => (decimal)part.Rows) == received.Rows,
            "its numbers of rows do not add up");

        static string Shown(string? text) => text is { Length: > 60 } ? text[..60] + "…" : text ?? "";

        static void Must(bool holds, string what)
        {
            if (!holds)
                throw new ProblemException("urn:dure:datasets:bad-manifest", $"The manifest that came with the data cannot be right: {what}.", "received dataset", "Ask the provider for a manifest that fits the data.");
        }
    }

    private void Require(bool holds, string field, string what, string mend)
    {
        if (!holds)
            throw new ProblemException("urn:dure:datasets:bad-spec", what, $"dataset '{Name}', {field}", mend);
    }

    private void RequireOnce(string field, IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
            Require(seen.Add(name), field, $"'{name}' is named twice.", "Name it once.");
    }

    private static readonly string[] Reserved = ["asset", "time", "label", "split"];

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,59}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NamePattern();
}
