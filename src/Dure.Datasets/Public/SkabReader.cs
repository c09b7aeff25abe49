using System.Globalization;
using Dure.Kernel;

namespace Dure.Datasets.Public;

/// <summary>Reads SKAB's files: semicolons, a header, times without zone (taken as UTC).</summary>
public static class SkabReader
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss";

    /// <exception cref="ProblemException">Names the file, its line and column.</exception>
    public static Recording Read(string file, AssetId asset)
    {
        using var reader = new StreamReader(file);
        var header = (reader.ReadLine() ?? "").Split(';');
        var places = Skab.Signals.Select(signal => PlaceOf(header, signal.Name, file)).ToArray();
        var anomalyPlace = Array.IndexOf(header, Skab.AnomalyColumn);

        var times = new List<long>();
        var columns = places.Select(_ => new List<double>()).ToArray();
        var anomaly = new List<bool>();
        var lineNumber = 1;
        while (reader.ReadLine() is { } line)
        {
            lineNumber++;
            var cells = line.Split(';');
            if (cells.Length != header.Length)
                throw Broken(file, lineNumber, $"There are {cells.Length} columns, the header names {header.Length}.");
            times.Add(TimeOf(cells[0], file, lineNumber));
            for (var i = 0; i < places.Length; i++)
                columns[i].Add(NumberOf(cells[places[i]], header[places[i]], file, lineNumber));
            if (anomalyPlace >= 0)
                anomaly.Add(NumberOf(cells[anomalyPlace], Skab.AnomalyColumn, file, lineNumber) > 0.5);
        }
        return new Recording(asset, [.. Skab.Signals.Select(signal => signal.Name)], [.. times], [.. columns.Select(column => column.ToArray())],
            anomalyPlace >= 0 ? [.. anomaly] : null);
    }

    private static int PlaceOf(string[] header, string name, string file)
    {
        var place = Array.IndexOf(header, name);
        return place >= 0 ? place : throw Broken(file, 1, $"The header has no column '{name}'.");
    }

    private static long TimeOf(string text, string file, int line) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? Micros.Of(time)
            : throw Broken(file, line, $"'{text}' is not a time of the form {TimeFormat}.");

    private static double NumberOf(string text, string column, string file, int line) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw Broken(file, line, $"'{text}' in column '{column}' is not a number.");

    private static ProblemException Broken(string file, int line, string what) =>
        new("urn:dure:datasets:bad-csv", what, $"{Path.GetFileName(file)}, line {line}", "Fetch the file again from its home.");
}
