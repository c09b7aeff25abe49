using System.Text.Json;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>
/// A query in the language of IDTA 01002 V3.1 as JSON: one condition, and whether only ids are wanted. Fields begin with <c>$aas</c>,
/// <c>$sm</c>, <c>$sme</c>, <c>$cd</c>, <c>$aasdesc</c> or <c>$smdesc</c>.
/// </summary>
public sealed class ShellQuery
{
    internal const int MaxDepth = 32;
    private const int MaxConditions = 200;

    private readonly QueryCondition condition;

    private ShellQuery(QueryCondition condition, bool onlyIds) => (this.condition, OnlyIds) = (condition, onlyIds);

    public bool OnlyIds { get; }

    /// <exception cref="ProblemException">The text is not a query, or asks what is not supported.</exception>
    public static ShellQuery Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 2 * MaxDepth });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("$condition", out var condition))
                throw Bad("The query has no '$condition'.", "query");
            var onlyIds = false;
            foreach (var member in root.EnumerateObject())
                if (member.Name == "$select")
                    onlyIds = member.Value.ValueKind == JsonValueKind.String && member.Value.ValueEquals("id"u8) ? true : throw Bad("Only 'id' can be selected.", "$select");
                else if (member.Name != "$condition")
                    throw Bad($"'{FindingList.Shown(member.Name)}' is not a part of a query.", "query");
            var budget = MaxConditions;
            return new ShellQuery(QueryCondition.Parse(condition, 0, ref budget), onlyIds);
        }
        catch (JsonException cause)
        {
            throw Bad($"The text is not JSON at line {cause.LineNumber + 1}, byte {cause.BytePositionInLine + 1}.", "query", cause);
        }
        catch (InvalidOperationException cause)
        {
            throw Bad("A text is not valid Unicode.", "query", cause);
        }
    }

    /// <summary>Whether a document fits.</summary>
    /// <param name="roots">The JSON that each kind of field is looked up in; a kind may have several (the submodels of a shell) or none.</param>
    internal bool Fits(QueryRoots roots) => condition.Holds(roots, null);

    /// <summary>The kinds of fields that are asked for, without the dollar.</summary>
    public IReadOnlySet<string> Kinds
    {
        get
        {
            var kinds = new HashSet<string>(StringComparer.Ordinal);
            condition.Collect(kinds);
            return kinds;
        }
    }

    /// <summary>Whether a document could fit, by a look at its bytes; only a no is certain.</summary>
    internal bool MayFit(ReadOnlySpan<byte> json) => condition.MayHold(json);

    internal static ProblemException Bad(string what, string where, Exception? cause = null) =>
        new("urn:dure:exchange:bad-shell-query", what, where, "Compare the query with the grammar of IDTA 01002 V3.1.", cause);
}

/// <summary>Where the fields of a query are looked up, by kind.</summary>
internal sealed class QueryRoots
{
    private readonly Dictionary<string, IReadOnlyList<JsonElement>> byKind = new(StringComparer.Ordinal);

    public IReadOnlyList<JsonElement> this[string kind]
    {
        get => byKind.GetValueOrDefault(kind) ?? [];
        set => byKind[kind] = value;
    }
}
