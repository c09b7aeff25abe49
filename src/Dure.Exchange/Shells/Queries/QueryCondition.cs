using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dure.Exchange.Shells;

/// <summary>A condition of a query, and what it takes to judge it.</summary>
internal abstract class QueryCondition
{
    /// <param name="binding">Within a <c>$match</c>: the one item that all its conditions must be about.</param>
    public abstract bool Holds(QueryRoots roots, string? binding);

    public abstract void Collect(ISet<string> kinds);

    /// <summary>The items that a <c>$match</c> may be about.</summary>
    public virtual IEnumerable<string> Bindings(QueryRoots roots) => [];

    /// <summary>Whether it could hold, by a look at a document's bytes; only a no is certain.</summary>
    public virtual bool MayHold(ReadOnlySpan<byte> json) => true;

    public static QueryCondition Parse(JsonElement element, int depth, ref int budget)
    {
        if (depth > ShellQuery.MaxDepth || --budget < 0)
            throw ShellQuery.Bad("The condition is too deep or too large.", "$condition");
        if (element.ValueKind != JsonValueKind.Object || element.EnumerateObject().Take(2).ToArray() is not [var only])
            throw ShellQuery.Bad("A condition should be an object with one member.", "$condition");
        switch (only.Name)
        {
            case "$and":
                return new All(ParseList(only, 2, depth, ref budget), false);
            case "$match":
                return new All(ParseList(only, 1, depth, ref budget), true);
            case "$or":
                return new Any(ParseList(only, 2, depth, ref budget));
            case "$not":
                return new Not(Parse(only.Value, depth + 1, ref budget));
            case "$boolean" when only.Value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                return new Constant(only.Value.GetBoolean());
            default:
                return Comparison.Of(only);
        }
    }

    private static List<QueryCondition> ParseList(JsonProperty list, int least, int depth, ref int budget)
    {
        if (list.Value.ValueKind != JsonValueKind.Array || list.Value.GetArrayLength() < least)
            throw ShellQuery.Bad($"'{list.Name}' takes a list of at least {least}.", list.Name);
        var conditions = new List<QueryCondition>();
        foreach (var item in list.Value.EnumerateArray())
            conditions.Add(Parse(item, depth + 1, ref budget));
        return conditions;
    }

    private sealed class All(List<QueryCondition> conditions, bool isMatch) : QueryCondition
    {
        public override bool Holds(QueryRoots roots, string? binding) => isMatch && binding is null
            ? Bindings(roots).Any(item => conditions.TrueForAll(condition => condition.Holds(roots, item)))
            : conditions.TrueForAll(condition => condition.Holds(roots, binding));

        public override IEnumerable<string> Bindings(QueryRoots roots) => conditions.SelectMany(condition => condition.Bindings(roots)).Distinct(StringComparer.Ordinal);

        public override void Collect(ISet<string> kinds) => conditions.ForEach(condition => condition.Collect(kinds));

        public override bool MayHold(ReadOnlySpan<byte> json)
        {
            foreach (var condition in conditions)
                if (!condition.MayHold(json))
                    return false;
            return true;
        }
    }

    private sealed class Any(List<QueryCondition> conditions) : QueryCondition
    {
        public override bool Holds(QueryRoots roots, string? binding) => conditions.Exists(condition => condition.Holds(roots, binding));

        public override IEnumerable<string> Bindings(QueryRoots roots) => conditions.SelectMany(condition => condition.Bindings(roots));

        public override void Collect(ISet<string> kinds) => conditions.ForEach(condition => condition.Collect(kinds));

        public override bool MayHold(ReadOnlySpan<byte> json)
        {
            foreach (var condition in conditions)
                if (condition.MayHold(json))
                    return true;
            return false;
        }
    }

    private sealed class Not(QueryCondition condition) : QueryCondition
    {
        public override bool Holds(QueryRoots roots, string? binding) => !condition.Holds(roots, binding);

        public override IEnumerable<string> Bindings(QueryRoots roots) => condition.Bindings(roots);

        public override void Collect(ISet<string> kinds) => condition.Collect(kinds);
    }

    private sealed class Constant(bool value) : QueryCondition
    {
        public override bool Holds(QueryRoots roots, string? binding) => value;

        public override void Collect(ISet<string> kinds)
        {
        }
    }
}

/// <summary>One value beside another: fields, literals and casts of them.</summary>
internal sealed class Comparison : QueryCondition
{
    private const int MaxExpression = 1000;

    private readonly string comparison;
    private readonly Operand left, right;
    private readonly Regex? expression;
    private readonly byte[]? needle;
    private readonly RawTest? rawTest;

    private Comparison(string comparison, Operand left, Operand right, Regex? expression)
    {
        (this.comparison, this.left, this.right, this.expression) = (comparison, left, right, expression);
        needle = NeedleOf();
        rawTest = RawTestOf();
    }

    public static Comparison Of(JsonProperty written)
    {
        if (written.Name is not ("$eq" or "$ne" or "$gt" or "$ge" or "$lt" or "$le" or "$contains" or "$starts-with" or "$ends-with" or "$regex"))
            throw ShellQuery.Bad($"'{FindingList.Shown(written.Name)}' is not a condition.", "$condition");
        if (written.Value.ValueKind != JsonValueKind.Array || written.Value.GetArrayLength() != 2)
            throw ShellQuery.Bad($"'{written.Name}' takes two values.", written.Name);
        var (left, right) = (Operand.Parse(written.Value[0]), Operand.Parse(written.Value[1]));
        return new Comparison(written.Name, left, right, written.Name == "$regex" ? Expression(right) : null);
    }

    public override bool Holds(QueryRoots roots, string? binding)
    {
        foreach (var a in left.Values(roots))
            if (binding is null || a.Binding is null || a.Binding == binding)
                foreach (var b in right.Values(roots))
                    if ((binding is null || b.Binding is null || b.Binding == binding) && Compare(a.Text, b.Text))
                        return true;
        return false;
    }

    public override IEnumerable<string> Bindings(QueryRoots roots) => left.Values(roots).Concat(right.Values(roots)).Select(value => value.Binding).OfType<string>();

    public override void Collect(ISet<string> kinds)
    {
        left.Collect(kinds);
        right.Collect(kinds);
    }

    public override bool MayHold(ReadOnlySpan<byte> json) =>
        (needle is null || json.IndexOf(needle) >= 0) && (rawTest is null || left.Field!.MayHave(json, rawTest)); // a raw test is made for fields only

    /// <summary>A literal that must stand in the document as it is written here.</summary>
    private byte[]? NeedleOf() => comparison is "$eq" or "$contains" or "$starts-with" or "$ends-with" && left is { IsField: true, IsText: true } && right is { IsText: true, Literal: { Length: > 2 } text } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or ':' or '/' or '.' or '-' or '_' or '#')
        ? System.Text.Encoding.UTF8.GetBytes(text) : null;

    /// <summary>How a value in a document's bytes is compared with the literal, where a field of values is compared with one.</summary>
    private RawTest? RawTestOf()
    {
        if (left.Field is not { IsOfValues: true } || right.Literal is not { } literal || needle is not null)
            return null;
        if (!left.IsNumeric && !right.IsNumeric)
            return text => Compare(System.Text.Encoding.UTF8.GetString(text), literal);
        if (!TryNumber(literal, out var number) || comparison is "$contains" or "$starts-with" or "$ends-with" or "$regex")
            return null;
        return text => text.StartsWith("16#"u8) || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && !double.IsNaN(value) && IsOrdered(value.CompareTo(number));
    }

    private bool Compare(string a, string b) => comparison switch
    {
        "$contains" => a.Contains(b, StringComparison.Ordinal),
        "$starts-with" => a.StartsWith(b, StringComparison.Ordinal),
        "$ends-with" => a.EndsWith(b, StringComparison.Ordinal),
        "$regex" => expression!.IsMatch(a), // made for this comparison
        _ => Order(a, b) is { } order && IsOrdered(order),
    };

    private bool IsOrdered(int order) => comparison switch
    {
        "$eq" => order == 0,
        "$ne" => order != 0,
        "$gt" => order > 0,
        "$ge" => order >= 0,
        "$lt" => order < 0,
        _ => order <= 0,
    };

    /// <summary>By number, by time or by character; null where the two cannot be compared.</summary>
    private int? Order(string a, string b)
    {
        if (left.IsNumeric || right.IsNumeric)
            return TryNumber(a, out var x) && TryNumber(b, out var y) ? x.CompareTo(y) : null;
        if (left.IsTime || right.IsTime)
            return TryTime(a, out var from) && TryTime(b, out var to) ? from.CompareTo(to) : null;
        if (left.IsBoolean || right.IsBoolean)
            return a is "true" or "1" == b is "true" or "1" ? 0 : 1;
        return string.CompareOrdinal(a, b);
    }

    private static bool TryNumber(string text, out double number) => text.StartsWith("16#", StringComparison.Ordinal)
        ? TryHex(text[3..], out number)
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && !double.IsNaN(number);

    private static bool TryHex(string text, out double number)
    {
        var isHex = ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var whole);
        number = whole;
        return isHex;
    }

    private static bool TryTime(string text, out DateTimeOffset time) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    private static Regex Expression(Operand operand)
    {
        try
        {
            return operand.Literal is { Length: <= MaxExpression } text ? new Regex(text, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)
                : throw ShellQuery.Bad("The expression is missing or too long.", "$regex");
        }
        catch (Exception cause) when (cause is ArgumentException or NotSupportedException)
        {
            throw ShellQuery.Bad($"The expression cannot be used: {cause.Message}", "$regex", cause);
        }
    }

    /// <summary>A field or a literal, with what it is to be compared as.</summary>
    private sealed record Operand(QueryField? Field, string? Literal, bool IsNumeric, bool IsTime, bool IsBoolean)
    {
        public bool IsField => Field is not null;

        /// <summary>Compared character by character.</summary>
        public bool IsText => !IsNumeric && !IsTime && !IsBoolean;

        public IEnumerable<FieldValue> Values(QueryRoots roots) => Field?.Values(roots) ?? [new FieldValue(Literal!, null)]; // one of the two is there

        public void Collect(ISet<string> kinds)
        {
            if (Field is not null)
                kinds.Add(Field.Kind);
        }

        public static Operand Parse(JsonElement element, int depth = 0)
        {
            if (depth > 4 || element.ValueKind != JsonValueKind.Object || element.EnumerateObject().Take(2).ToArray() is not [var only])
                throw ShellQuery.Bad("A value should be an object with one member.", "$condition");
            var value = only.Value;
            return only.Name switch
            {
                "$field" => new(QueryField.Parse(Text(only)), null, false, false, false),
                "$strVal" => new(null, Text(only), false, false, false),
                "$numVal" when value.ValueKind == JsonValueKind.Number => new(null, value.GetRawText(), true, false, false),
                "$hexVal" => new(null, Text(only), true, false, false),
                "$dateTimeVal" or "$timeVal" => new(null, Text(only), false, true, false),
                "$boolean" when value.ValueKind is JsonValueKind.True or JsonValueKind.False => new(null, value.GetBoolean() ? "true" : "false", false, false, true),
                "$strCast" => Parse(value, depth + 1) with { IsNumeric = false, IsTime = false, IsBoolean = false },
                "$numCast" or "$hexCast" => Parse(value, depth + 1) with { IsNumeric = true },
                "$boolCast" => Parse(value, depth + 1) with { IsBoolean = true },
                "$dateTimeCast" or "$timeCast" => Parse(value, depth + 1) with { IsTime = true },
                _ => throw ShellQuery.Bad($"'{FindingList.Shown(only.Name)}' is not a value that is supported here.", "$condition"),
            };
        }

        private static string Text(JsonProperty member) => member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : throw ShellQuery.Bad($"'{member.Name}' takes a text.", member.Name); // a string token has a string
    }
}
