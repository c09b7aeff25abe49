using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>Which part of 03/04/2026 is the day.</summary>
public enum DateOrder
{
    /// <summary>As the dates themselves show; refused when they do not.</summary>
    Shown,

    DayFirst,
    MonthFirst,
}

/// <summary>What is known of a table file that is to become a dataset version.</summary>
public sealed record TableSpec
{
    private const int MaxText = 10_000;

    /// <summary>Short name for addresses and SQL: lower-case letters, digits and '-', such as <c>plates</c>.</summary>
    public required string Name { get; init; }

    public required string Title { get; init; }
    public string Description { get; init; } = "";

    /// <summary>An SPDX expression or the address of the licence text.</summary>
    public required string Licence { get; init; }

    /// <summary>How to cite where the data came from.</summary>
    public string Source { get; init; } = "";

    /// <summary>The column that says when; null: the only column of times, where there is one.</summary>
    public string? Time { get; init; }

    /// <summary>The column that says which rows belong together.</summary>
    public string? Group { get; init; }

    /// <summary>Columns never to learn from.</summary>
    public IReadOnlyList<string> Identifiers { get; init; } = [];

    /// <summary>The column that is to be predicted, as a suggestion.</summary>
    public string? Target { get; init; }

    /// <summary>Columns to take as categories although they hold numbers or many different texts.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    public DateOrder Dates { get; init; }

    /// <summary>Leaves out lines that cannot be read, and empties cells that are not what their column holds, and tells both; refuses them otherwise.</summary>
    public bool LeaveOutBroken { get; init; }

    /// <summary>Moves rows at 00:00 that carry the day that ended to the day that began.</summary>
    public bool MendMidnights { get; init; }

    /// <summary>Throws a problem naming the first field that cannot be right.</summary>
    public void Check()
    {
        Require(DatasetSpec.IsName(Name), "name", $"'{Name}' is not a dataset name.", "Use 1 to 60 lower-case letters, digits and '-', starting with a letter.");
        Require(!string.IsNullOrWhiteSpace(Title) && Title.Length <= DatasetSpec.MaxTitle, "title", "The title is empty or too long.", $"Say in a few words what the data is; at most {DatasetSpec.MaxTitle} characters.");
        Require(!string.IsNullOrWhiteSpace(Licence) && Licence.Length <= DatasetSpec.MaxTitle, "licence", "The licence is empty or too long.", "Name it, such as CC-BY-4.0; a dataset nobody may use is none.");
        Require(Description.Length <= MaxText && Source.Length <= MaxText, "description and source", "A text is too long.", $"Use at most {MaxText} characters.");
        Require(Identifiers.Count <= TableFacts.MaxColumns && Categories.Count <= TableFacts.MaxColumns, "columns", "Too many columns are named.", $"A table has at most {TableFacts.MaxColumns}.");
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (role, column) in Named())
            Require(seen.TryAdd(column, role), role, $"The column '{column}' is to be {role} and {seen.GetValueOrDefault(column)}.", "Give each column one role.");
        Require(Time is null || !Categories.Contains(Time, StringComparer.OrdinalIgnoreCase), "categories", $"The time '{Time}' cannot be a category.", "Take it out of one of the two.");
    }

    /// <summary>The columns that have a role other than feature.</summary>
    internal IEnumerable<(string Role, string Column)> Named()
    {
        if (Time is not null)
            yield return ("time", Time);
        if (Group is not null)
            yield return ("group", Group);
        if (Target is not null)
            yield return ("target", Target);
        foreach (var column in Identifiers)
            yield return ("identifier", column);
    }

    private void Require(bool holds, string field, string what, string mend)
    {
        if (!holds)
            throw new ProblemException("urn:dure:datasets:bad-spec", what, $"dataset '{Name}', {field}", mend);
    }
}
