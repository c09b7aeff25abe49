using System.Globalization;

namespace Dure.Bench.Historian;

/// <summary>Real recordings from the shared data: water pump (SKAB), machine and office temperatures (NAB), a steel works' energy.</summary>
internal static class Recordings
{
    public sealed record Set(string Name, IReadOnlyList<(long[] Times, double[] Values)> Series)
    {
        public long Points => Series.Sum(series => (long)series.Times.Length);
    }

    /// <summary>The sets that are here.</summary>
    public static IReadOnlyList<Set> All()
    {
        var data = Environment.GetEnvironmentVariable("DURE_DATA");
        if (data is null || !Directory.Exists(Path.Combine(data, "learning")))
            return [];
        var root = Path.Combine(data, "learning");
        return
        [
            new Set("SKAB", Read(Path.Combine(root, "skab"), ';', ["yyyy-MM-dd HH:mm:ss"])),
            new Set("NAB temperatures", Read(Path.Combine(root, "nab_temperature"), ',', ["yyyy-MM-dd HH:mm:ss"])),
            new Set("steel works energy", Read(Path.Combine(root, "steel_industry_energy"), ',', ["dd/MM/yyyy HH:mm"])),
        ];
    }

    /// <summary>Every numeric column of every file as a series; rows whose time is not after the one before are left out.</summary>
    private static List<(long[] Times, double[] Values)> Read(string folder, char separator, string[] formats)
    {
        var series = new List<(long[], double[])>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.csv", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var rows = File.ReadLines(file).Skip(1).Select(line => line.Split(separator)).Where(row => row.Length > 1).ToArray();
            var times = new List<long>();
            var kept = new List<string[]>();
            foreach (var row in rows)
            {
                var time = DateTimeOffset.ParseExact(row[0], formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds() * 1000;
                if (times.Count > 0 && time <= times[^1])
                    continue;
                times.Add(time);
                kept.Add(row);
            }
            for (var column = 1; column < kept[0].Length; column++)
                if (TryColumn(kept, column, out var values))
                    series.Add(([.. times], values));
        }
        return series;
    }

    private static bool TryColumn(List<string[]> rows, int column, out double[] values)
    {
        values = new double[rows.Count];
        for (var i = 0; i < values.Length; i++)
            if (!double.TryParse(rows[i][column], CultureInfo.InvariantCulture, out values[i]))
                return false;
        return true;
    }
}
