using System.Diagnostics.CodeAnalysis;
using Dure.Kernel;

namespace Dure.Historian.Files;

/// <summary>What tables of samples share, whatever file they stand in.</summary>
internal static class TableColumns
{
    public const int MaxColumns = 2000;
    public const int SamplesPerBatch = 5000;

    private static readonly string[] TimeNames = ["time", "timestamp", "datetime", "date"];

    public static bool IsTime(string name) => TimeNames.Contains(name.ToLowerInvariant());

    /// <summary>The signal a column holds: its name, with the unit in brackets where there is one, under the asset.</summary>
    public static bool TrySignal(string text, AssetId asset, out (SignalId Id, string? Unit) signal, [NotNullWhen(false)] out string? why)
    {
        var open = text.LastIndexOf('[');
        var hasUnit = open > 0 && text.EndsWith(']');
        var name = (hasUnit ? text[..open] : text).Trim();
        var isSignal = SignalId.TryParse($"{asset}/{name}", out var id, out why);
        if (isSignal && name.Contains('/', StringComparison.Ordinal))
            (isSignal, why) = (false, "it holds a '/'.");
        signal = (id, hasUnit ? text[(open + 1)..^1] : null);
        if (!isSignal)
            why = $"The column name '{Shown(name)}' cannot be a signal: {why}";
        return isSignal;
    }

    public static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
