using System.Globalization;
using Dure.Exchange.Shells;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

/// <summary>
/// Holds a filled submodel against the template that IDTA publishes: it is valid; every element has its pattern there, by semantic id, kind
/// and value type; nothing that the template requires is missing, and nothing that it allows once comes twice. Where a template leaves the
/// content open (records, sections, addresses) there is no pattern to hold it against.
/// </summary>
internal static class TemplateFit
{
    public static void Check(byte[] templateFile, Submodel filled)
    {
        var template = ShellAudit.ReadJson(templateFile).OrThrow().Submodels![0];
        Assert.Empty(ShellAudit.CheckObject(filled));
        Assert.Equal(ValueOf(template.SemanticId), ValueOf(filled.SemanticId));
        Compare(filled, template, "");
    }

    private static void Compare(object filled, object pattern, string path)
    {
        var patterns = ElementTree.Below(pattern) ?? [];
        if (patterns.Count == 0)
            return;
        var below = ElementTree.Below(filled) ?? [];
        var isOpen = path.EndsWith("/Record", StringComparison.Ordinal) || patterns.Any(element => ValueOf(element.SemanticId).Contains("/Arbitrary", StringComparison.Ordinal));
        foreach (var element in below)
        {
            var match = patterns.FirstOrDefault(candidate => ValueOf(candidate.SemanticId) == ValueOf(element.SemanticId) && candidate.GetType() == element.GetType()) ?? (filled is SubmodelElementList ? patterns[0] : null);
            Assert.True(match is not null || isOpen, $"{path}/{element.IdShort} has no pattern in the template");
            if (match is null)
                continue;
            if (match is Property { ValueType: var wanted } && element is Property { ValueType: var actual } && !isOpen)
                Assert.True(wanted == actual, $"{path}/{element.IdShort} is {actual} instead of {wanted}");
            Compare(element, match, $"{path}/{match.IdShort}");
        }
        if (isOpen)
            return;
        foreach (var wanted in patterns)
        {
            var count = below.Count(element => ValueOf(element.SemanticId) == ValueOf(wanted.SemanticId));
            Assert.True(count > 0 || !Has(wanted, "One", "OneToMany"), $"{path}/{wanted.IdShort} is missing");
            Assert.True(count < 2 || !Has(wanted, "One", "ZeroToOne") || IsExample(wanted), $"{path}/{wanted.IdShort} is there {count} times");
        }
    }

    private static bool Has(SubmodelElement element, params string[] cardinalities) => element.Qualifiers?.Any(qualifier => cardinalities.Contains(qualifier.Value?.Trim())) == true;

    /// <summary>Templates give some open lists one example that they call optional; its name says that there may be more.</summary>
    private static bool IsExample(SubmodelElement element) => element.IdShort?.StartsWith("Example", StringComparison.Ordinal) == true;

    /// <summary>Without the spaces that some published ids end with.</summary>
    private static string ValueOf(Reference? reference) => reference?.Keys[^1].Value.Trim().ToString(CultureInfo.InvariantCulture) ?? "";
}
