using System.Globalization;

namespace Dure.Bench.Historian;

/// <summary>Real recordings from the shared data: water pump (SKAB), machine and office temperatures (NAB), a steel works' energy.</summary>
internal static class Recordings
{
    public sealed record Set(string Name, IReadOnlyList<(long[] Times, double[] Values)> Series)
    {
        public long Points => Series.Sum(series => (long)series.Times.Length);
    }

    /// <summary>
    /// The sets that are here. Each is laid end to end until it has enough points: a recording of an hour is smaller than what a database
    /// takes for an empty table.
    /// </summary>
    public static IReadOnlyList<Set> All(long atLeast)
    {
        var data = Environment.GetEnvironmentVariable("DURE_DATA");
        if (data is null || !Directory.Exists(Path.Combine(data, "learning")))
            return [];
        var root = Path.Combine(data, "learning");
        return
        [
            EndToEnd("SKAB", atLeast, Read(Path.Combine(root, "skab"), ';', ["yyyy-MM-dd HH:mm:ss"])),
            EndToEnd("NAB temperatures", atLeast, Read(Path.Combine(root, "nab_temperature"), ',', ["yyyy-MM-dd HH:mm:ss"])),
            EndToEnd("steel works energy", atLeast, Read(Path.Combine(root, "steel_industry_energy"), ',', ["dd/MM/yyyy HH:mm"])),
        ];
    }

    private static Set EndToEnd(string name, long atLeast, List<(long[] Times, double[] Values)> series)
    {
        var times = (int)(atLeast / series.Sum(one => (long)one.Times.Length)) + 1;
        return new Set(name, [.. series.Select(one => Repeated(one.Times, one.Values, times))]);
    }

    private static (long[] Times, double[] Values) Repeated(long[] times, double[] values, int count)
    {
        var (allTimes, allValues) = (new long[times.Length * count], new double[times.Length * count]);
        var length = times[^1] - times[0] + (times[^1] - times[^2]);
        for (var i = 0; i < allTimes.Length; i++)
            (allTimes[i], allValues[i]) = (times[i % times.Length] + i / times.Length * length, values[i % times.Length]);
        return (allTimes, allValues);
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
