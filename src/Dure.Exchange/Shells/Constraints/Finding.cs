namespace Dure.Exchange.Shells;

/// <summary>One thing that the specification does not allow, by the name of the rule.</summary>
/// <param name="Rule">The constraint's name (<c>AASd-117</c>), or one of <see cref="FormRule"/>.</param>
/// <param name="Path">Where, for example <c>submodels[0].submodelElements[2].value</c>.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Mend">What to do about it.</param>
public sealed record Finding(string Rule, string Path, string What, string Mend)
{
    public override string ToString() => $"{Path}: {What} ({Rule}) {Mend}";
}

/// <summary>Names for what the specification says in its class tables and data types, not in a numbered constraint.</summary>
public static class FormRule
{
    public const string Syntax = "syntax";
    public const string Size = "size";
    public const string Type = "type";
    public const string Null = "null";
    public const string UnknownMember = "unknown-member";
    public const string Required = "required";
    public const string ModelType = "model-type";
    public const string Enumeration = "enumeration";
    public const string MinLength = "min-length";
    public const string MaxLength = "max-length";
    public const string Pattern = "pattern";
    public const string ValueType = "value-type";

    /// <summary>An older form that is understood; says so, and is no reason to refuse.</summary>
    public const string OlderForm = "older-form";
}

/// <summary>A place in a document, written out only when something is wrong there.</summary>
internal sealed class Place(Place? parent, string name, int index = -1)
{
    public static Place Root { get; } = new(null, "");

    public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

    public Place Member(string member) => new(this, member);

    public Place Item(int at) => new(parent, name, at);

    public override string ToString()
    {
        var steps = new Stack<string>();
        for (var at = this; at is not null; at = at.Up)
            if (at.Own.Length > 0)
                steps.Push(at.Own);
        return steps.Count == 0 ? "document" : string.Join('.', steps);
    }

    private Place? Up => parent;

    private string Own => index < 0 ? name : $"{name}[{index}]";
}

/// <summary>Findings as they come up, never more than <see cref="Most"/>.</summary>
internal sealed class FindingList
{
    public const int Most = 100;

    private readonly List<Finding> findings = [];

    public IReadOnlyList<Finding> All => findings;

    public bool IsFull => findings.Count >= Most;

    public void Add(string rule, Place place, string what, string mend)
    {
        if (!IsFull)
            findings.Add(new Finding(rule, place.ToString(), what, mend));
    }

    /// <summary>A value as a message may show it: short, and without characters that a log cannot carry.</summary>
    public static string Shown(string text)
    {
        var cut = text.Length <= 60 ? text : text[..60] + "…";
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '·' : c));
    }
}
