using System.Text;

namespace Dure.Datasets;

/// <summary>A <see cref="TableSpec"/> as the query of an address, as <c>POST /api/v1/datasets/import</c> takes it.</summary>
public static class TableQuery
{
    public const string File = "file";

    /// <summary>Without the question mark.</summary>
    public static string Write(TableSpec spec, string file)
    {
        var query = new StringBuilder();
        foreach (var (name, value) in Fields(spec, file))
            if (value is { Length: > 0 })
                query.Append(query.Length == 0 ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        return query.ToString();
    }

    /// <summary>Reads the fields; each may stand several times.</summary>
    /// <exception cref="Kernel.ProblemException">A field is not what it must be.</exception>
    public static TableSpec Read(Func<string, IReadOnlyList<string?>> field)
    {
        var name = One("name") ?? TableSuggestion.NameOf(One(File) ?? "");
        if (!TableWords.TryDates(One("dates"), out var dates))
            throw new Kernel.ProblemException("urn:dure:datasets:bad-spec", $"'{One("dates")}' is no order of a date.", "field 'dates'", "Say day-first or month-first.");
        return new TableSpec
        {
            Name = name,
            Title = One("title") ?? name,
            Description = One("description") ?? "",
            Licence = One("licence") ?? "not stated",
            Source = One("source") ?? "",
            Time = One("time"),
            Group = One("group"),
            Target = One("target"),
            Identifiers = Many("id"),
            Categories = Many("category"),
            Dates = dates,
            LeaveOutBroken = Flag("leaveOutBroken"),
            MendMidnights = Flag("mendMidnights"),
        };

        string? One(string key) => field(key).FirstOrDefault(text => !string.IsNullOrWhiteSpace(text));
        string[] Many(string key) => [.. field(key).OfType<string>().Where(text => text.Length > 0)];
        bool Flag(string key) => One(key) is "true" or "on" or "1";
    }

    private static IEnumerable<(string Name, string? Value)> Fields(TableSpec spec, string file) =>
    [
        (File, file), ("name", spec.Name), ("title", spec.Title), ("description", spec.Description), ("licence", spec.Licence), ("source", spec.Source),
        ("time", spec.Time), ("group", spec.Group), ("target", spec.Target), .. spec.Identifiers.Select(id => ("id", (string?)id)), .. spec.Categories.Select(category => ("category", (string?)category)),
        ("dates", spec.Dates switch { DateOrder.DayFirst => "day-first", DateOrder.MonthFirst => "month-first", _ => null }),
        ("leaveOutBroken", spec.LeaveOutBroken ? "true" : null), ("mendMidnights", spec.MendMidnights ? "true" : null),
    ];
}
