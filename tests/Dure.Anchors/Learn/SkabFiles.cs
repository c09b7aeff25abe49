using System.Globalization;
using Dure.Learn;

namespace Dure.Anchors.Learn;

/// <summary>The SKAB recordings, read straight from their files.</summary>
internal static class SkabFiles
{
    public const int Columns = 8;

    internal sealed record Recording(string Machine, string Group, long[] TimesMicros, double[] Rows, bool[] Truth)
    {
        public int Count => Truth.Length;

        public ReadOnlySpan<double> Commissioning => Rows.AsSpan(0, AnomalyProtocol.CommissioningRows * Columns);

        public ReadOnlySpan<double> HeldOut => Rows.AsSpan(AnomalyProtocol.CommissioningRows * Columns);

        public long[] HeldOutTimes => TimesMicros[AnomalyProtocol.CommissioningRows..];

        public bool[] HeldOutTruth => Truth[AnomalyProtocol.CommissioningRows..];
    }

    public static IReadOnlyList<Recording> Labelled() =>
    [
        .. from @group in new[] { "other", "valve1", "valve2" }
           from file in Directory.GetFiles(Shared.Path("data/learning/skab/" + @group), "*.csv").Order(StringComparer.Ordinal)
           select Read(file, @group),
    ];

    public static Recording FaultFree() => Read(Shared.Path("data/learning/skab/anomaly-free/anomaly-free.csv"), "anomaly-free");

    public static JudgedMachine Judge(Recording recording, AnomalyRecipe recipe) => new(recording.Machine, recording.Group, recording.HeldOutTimes,
        recording.HeldOutTruth, [.. recipe.Fit(recording.Commissioning, Columns).Score(recording.HeldOut).Select(s => s > 1)]);

    private static Recording Read(string file, string group)
    {
        var lines = File.ReadLines(file).Skip(1).Where(l => l.Length > 0).Select(l => l.Split(';')).ToArray();
        return new($"{group}/{Path.GetFileNameWithoutExtension(file)}", group,
            [.. lines.Select(f => (DateTime.Parse(f[0], CultureInfo.InvariantCulture) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)],
            [.. lines.SelectMany(f => f[1..(Columns + 1)].Select(v => double.Parse(v, CultureInfo.InvariantCulture)))],
            [.. lines.Select(f => f.Length > Columns + 1 && f[Columns + 1] == "1.0")]);
    }
}
