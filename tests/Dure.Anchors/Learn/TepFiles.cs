using System.Globalization;

namespace Dure.Anchors.Learn;

/// <summary>The Tennessee Eastman recordings of Braatz, row-major, 52 signals every 3 minutes.</summary>
internal static class TepFiles
{
    public const int Columns = 52;

    /// <summary>In the test files the fault begins after this row.</summary>
    public const int FaultFree = 160;

    public static IReadOnlyList<int> Faults { get; } = [1, 2, 4, 5, 7, 8, 11, 13];

    /// <summary>500 rows of normal running; the file is stored with signals as rows.</summary>
    public static double[] Training()
    {
        var signals = Read("d00.dat");
        return [.. Enumerable.Range(0, signals[0].Length).SelectMany(row => signals.Select(s => s[row]))];
    }

    /// <summary>960 rows of another run; fault 0 is normal running throughout.</summary>
    public static double[] Test(int fault) => [.. Read($"d{fault:00}_te.dat").SelectMany(row => row)];

    private static double[][] Read(string file) =>
    [
        .. File.ReadLines(Shared.Path("data/learning/tep_braatz/" + file)).Where(l => !string.IsNullOrWhiteSpace(l))
            .Select(l => l.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray()),
    ];
}
