using System.Globalization;
using Dure.Datasets;
using Dure.Kernel;

namespace Dure.Learn.Recipes;

/// <summary>A target that needs no column: how much is left at each row until the last row of its machine, which is where the machine failed.</summary>
public sealed record RemainingLifeTarget
{
    /// <summary>What is predicted is called so where a recipe does not say otherwise.</summary>
    public const string UsualName = "remaining life";

    private const string Rows = "rows";

    /// <summary>Of a usual life the last part is told apart where no cap is given: what is hardly worn does not show how long it will last.</summary>
    private const double ToldApart = 2.0 / 3;

    private const int LeastLives = 3;

    private static readonly Dictionary<string, double> MicrosOf = new(StringComparer.Ordinal) { ["s"] = 1e6, ["min"] = 60e6, ["h"] = 3600e6, ["d"] = 86_400e6 };

    /// <summary>What is counted: <c>rows</c>, or the time in <c>s</c>, <c>min</c>, <c>h</c> or <c>d</c>.</summary>
    public string Unit { get; init; } = Rows;

    /// <summary>More left than this counts as this; null: two thirds of the usual life.</summary>
    public double? Cap { get; init; }

    /// <summary>Machines whose last row is not where they failed: nothing is known of what was left, so they are left out.</summary>
    public IReadOnlyList<string> CutOff { get; init; } = [];

    /// <summary>The unit of the target; null of rows.</summary>
    internal string? TimeUnit => Unit == Rows ? null : Unit;

    internal void Check()
    {
        if (Unit != Rows && !MicrosOf.ContainsKey(Unit))
            throw RecipeText.Bad($"A remaining life is not counted in '{Unit}'.", "remainingLife", $"Say one of: {Rows}, {string.Join(", ", MicrosOf.Keys)}.");
        if (Cap is not null and not (> 0 and <= 1e12))
            throw RecipeText.Bad($"The cap is {Cap}.", "remainingLife", "Give a number above 0, or none for two thirds of the usual life.");
        if (CutOff.Count > 100_000)
            throw RecipeText.Bad("Too many machines are named.", "remainingLife", "Leave those that were cut off out of the dataset.");
    }

    /// <summary>With the cap that the lives in a table give where none is said; <see cref="CappedBy"/> takes it of fewer once it is known who teaches.</summary>
    /// <exception cref="ProblemException">The table has no groups, no times though they are asked for, or too few lives.</exception>
    internal RemainingLifeTarget Settled(DatasetTable table, IReadOnlyList<(string Name, int[] Rows)> groups)
    {
        if (table.Groups is null)
            throw Bad("The rows have no group: nothing says where one machine's life ends and the next one's begins.", "Name the column of the machine when the table is imported.");
        if (TimeUnit is not null && table.TimesMicros is null)
            throw Bad($"A remaining life in '{Unit}' is asked for, and the rows have no times.", "Name the column of the time when the table is imported, or count rows.");
        var names = groups.Select(group => group.Name).ToHashSet(StringComparer.Ordinal);
        if (CutOff.FirstOrDefault(name => !names.Contains(name)) is { } unknown)
            throw Bad($"There is no machine '{unknown}', which is to have been cut off.", $"Name of these: {string.Join(", ", names.Take(50))}.");
        var lives = Lives(table, groups);
        if (lives.Length < LeastLives || lives[^1] <= 0)
            throw Bad($"{lives.Length} machines ran until they failed.", $"Give {LeastLives} at least, each with rows until the end; dozens are better.");
        return Cap is null ? CappedBy(table, groups) : this;
    }

    /// <summary>With the cap that the lives of some machines give; of the rest nothing is learnt.</summary>
    internal RemainingLifeTarget CappedBy(DatasetTable table, IReadOnlyList<(string Name, int[] Rows)> groups) =>
        this with { Cap = Rounded(ToldApart * (Lives(table, groups) is { Length: > 0 } lives ? lives[lives.Length / 2] : 0)) };

    /// <summary>How long machines lasted that ran until they failed, rising.</summary>
    private double[] Lives(DatasetTable table, IReadOnlyList<(string Name, int[] Rows)> groups) =>
        [.. groups.Where(group => !CutOff.Contains(group.Name, StringComparer.Ordinal)).Select(group => Left(table, group.Rows, 0)).Order()];

    /// <summary>What is left at some rows of a machine; NaN of one that was cut off. It must be settled.</summary>
    internal IEnumerable<float> LabelsOf(DatasetTable table, (string Name, int[] Rows) group, IEnumerable<int> rows)
    {
        var isCutOff = CutOff.Contains(group.Name, StringComparer.Ordinal);
        return rows.Select(at => isCutOff ? float.NaN : (float)Math.Min(Cap!.Value, Left(table, group.Rows, at)));
    }

    /// <summary>What a reader of the model card should know.</summary>
    internal IEnumerable<string> Notes(int groups) =>
    [
        $"The last row of each of {groups - CutOff.Count} machines counts as where it failed{(CutOff.Count > 0 ? $"; {CutOff.Count} that were cut off before are left out" : "")}.",
        $"More than {InWords} left counts as that, in the figures too: on lives as they were the error would be larger. Where the recipe names no cap, the lives of the machines that teach set it.",
    ];

    /// <summary>The name with the cap: models of different caps answer different questions.</summary>
    internal string Named(string name) => $"{name}, up to {InWords}";

    private string InWords => $"{Cap!.Value.ToString("G6", CultureInfo.InvariantCulture)} {Unit}";

    private double Left(DatasetTable table, int[] rows, int at) => TimeUnit is null ? rows.Length - 1 - at : (table.TimesMicros![rows[^1]] - table.TimesMicros[rows[at]]) / MicrosOf[Unit]; // Settled has looked

    /// <summary>Two digits are as much as a rule of thumb has.</summary>
    private static double Rounded(double value) => value <= 0 ? 1 : double.Parse(value.ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static ProblemException Bad(string what, string mend) => new("urn:dure:learn:bad-remaining-life", what, "recipe, remainingLife", mend);
}
