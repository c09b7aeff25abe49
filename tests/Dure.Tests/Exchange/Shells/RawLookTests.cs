using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Exchange.Shells;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

/// <summary>The look at the bytes never says no to a document that fits.</summary>
public sealed class RawLookTests
{
    private static readonly string[] names = ["Temperature", "Value", "Tool", "value", "a"];
    private static readonly string[] texts = ["1", "-2.5", "1e3", "NaN", "INF", "16#FF", "true", "2026-01-01T00:00:00Z", "a \"quoted\" \\ text", "{[\"value\":\"5\"]}", "힘", "", " 5 "];

    [Fact]
    public void Whatever_fits_by_parsing_fits_by_the_look()
    {
        var random = new Random(20261121);
        var (fitting, refused) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var submodel = new Submodel { Id = "urn:s", IdShort = Pick(random, names), SubmodelElements = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Element(random, 0))] };
            var query = ShellQuery.Parse(Encoding.UTF8.GetBytes($$"""{"$condition":{{Condition(random, 0)}}}"""));
            var written = ShellJson.Write(submodel);
            foreach (var json in (byte[][])[written, CanonicalJson.Serialize(JsonNode.Parse(written)!)])
            {
                using var document = JsonDocument.Parse(json);
                var fits = query.Fits(new QueryRoots { ["sm"] = [document.RootElement] });
                var mayFit = query.MayFit(json);
                Assert.True(mayFit || !fits, $"{Encoding.UTF8.GetString(json)} fits and is refused");
                (fitting, refused) = (fitting + (fits ? 1 : 0), refused + (mayFit ? 0 : 1));
            }
        }
        Assert.True(fitting > 1000 && refused > 1000, $"{fitting} fitted, {refused} were refused by the look: too few to tell");
    }

    [Fact]
    public void Any_bytes_are_looked_at_without_harm()
    {
        var random = new Random(7);
        var query = ShellQuery.Parse("""{"$condition":{"$or":[{"$gt":[{"$field":"$sme.Temperature#value"},{"$numVal":5}]},{"$lt":[{"$field":"$sme#value"},{"$numVal":-5}]}]}}"""u8.ToArray());
        var good = ShellJson.Write(MadeShells.Submodel());
        for (var i = 0; i < 5000; i++)
            _ = query.MayFit(ShellFormTests.Mutated(random, good));
    }

    [Fact]
    public void A_time_is_found_however_its_zone_is_written()
    {
        var query = ShellQuery.Parse("""{"$condition":{"$eq":[{"$field":"$sme.At#value"},{"$dateTimeVal":"2026-01-01T00:00:00Z"}]}}"""u8.ToArray());
        Assert.True(query.MayFit("""{"submodelElements":[{"idShort":"At","modelType":"Property","value":"2026-01-01T09:00:00+09:00"}]}"""u8));
        Assert.False(query.MayFit("""{"submodelElements":[{"idShort":"At","modelType":"Property","value":"2026-01-01T09:00:00Z"}]}"""u8));
    }

    private static SubmodelElement Element(Random random, int depth) => random.Next(depth > 2 ? 3 : 5) switch
    {
        0 => new Property { IdShort = Pick(random, names), Value = random.Next(5) == 0 ? null : Pick(random, texts), SemanticId = random.Next(2) == 0 ? Reference.External("urn:5") : null },
        1 => new MultiLanguageProperty { IdShort = Pick(random, names), Value = [new() { Language = "en", Text = Pick(random, texts) }] },
        2 => new RangeElement { IdShort = Pick(random, names), Min = "1" },
        3 => new SubmodelElementCollection { IdShort = Pick(random, names), Value = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Element(random, depth + 1))] },
        _ => new SubmodelElementList { IdShort = Pick(random, names), TypeValueListElement = ElementKind.Property, Value = [.. Enumerable.Range(0, 3).Select(_ => new Property { Value = Pick(random, texts) })] },
    };

    private static string Condition(Random random, int depth) => random.Next(depth > 2 ? 1 : 6) switch
    {
        1 => $$"""{"$and":[{{Condition(random, depth + 1)}},{{Condition(random, depth + 1)}}]}""",
        2 => $$"""{"$or":[{{Condition(random, depth + 1)}},{{Condition(random, depth + 1)}}]}""",
        3 => $$"""{"$not":{{Condition(random, depth + 1)}}}""",
        _ => Compared(random),
    };

    private static string Compared(Random random)
    {
        var field = random.Next(4) switch { 0 => "$sme#value", 1 => $"$sme.Tool.{Pick(random, names)}#value", 2 => "$sme.Tool[]#value", _ => $"$sme.{Pick(random, names)}#value" };
        var literal = random.Next(3) switch
        {
            0 => $$"""{"$numVal":{{random.Next(-3, 6).ToString(CultureInfo.InvariantCulture)}}}""",
            1 => """{"$dateTimeVal":"2026-01-01T00:00:00Z"}""",
            _ => $$"""{"$strVal":{{JsonSerializer.Serialize(Pick(random, texts))}}}""",
        };
        var comparison = Pick(random, ["$eq", "$ne", "$gt", "$ge", "$lt", "$le"]);
        return $$"""{"{{comparison}}":[{"$field":"{{field}}"},{{literal}}]}""";
    }

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];
}
