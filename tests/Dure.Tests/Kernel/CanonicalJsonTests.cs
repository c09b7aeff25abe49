using System.Text;
using System.Text.Json.Nodes;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Kernel;

public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("""{ "b":1, "a" : [true,null , "x"] }""", """{"a":[true,null,"x"],"b":1}""")]
    [InlineData("""{"€":1,"\r":2,"1":3,"\ud83d\ude02":4,"\ufb33":5}""", "{\"\\r\":2,\"1\":3,\"€\":1,\"\ud83d\ude02\":4,\"\ufb33\":5}")]
    [InlineData("[1.0, -0, 1e21, 1e20, 0.000001, 1e-7, 333333333.33333329]", "[1,0,1e+21,100000000000000000000,0.000001,1e-7,333333333.3333333]")]
    [InlineData("""["\u000f\n\u007f\/\"\\<ü"]""", "[\"\\u000f\\n\u007f/\\\"\\\\<ü\"]")]
    [InlineData("9007199254740992", "9007199254740992")]
    public void Text_takes_its_one_form(string text, string canonical) =>
        Assert.Equal(canonical, Encoding.UTF8.GetString(CanonicalJson.Serialize(CanonicalJson.Parse(Encoding.UTF8.GetBytes(text)))));

    [Fact]
    public void Values_made_in_code_take_the_same_form_as_parsed_ones()
    {
        var node = new JsonObject { ["z"] = 5L, ["f"] = 0.1f, ["d"] = 1e21, ["i"] = 7, ["m"] = 1.5m, ["t"] = "é", ["b"] = true, ["n"] = null, ["u"] = (byte)3 };
        Assert.Equal("""{"b":true,"d":1e+21,"f":0.1,"i":7,"m":1.5,"n":null,"t":"é","u":3,"z":5}""", Encoding.UTF8.GetString(CanonicalJson.Serialize(node)));
    }

    [Fact]
    public void An_integer_that_a_double_cannot_hold_is_refused()
    {
        var refused = Assert.Throws<ProblemException>(() => CanonicalJson.Serialize(new JsonObject { ["count"] = 9007199254740993 }));
        Assert.Equal("urn:dure:kernel:no-canonical-form", refused.Problem.Type);
        Assert.Contains("$.count", refused.Problem.Where, StringComparison.Ordinal);
        Assert.Contains("as a string", refused.Problem.Mend, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void What_is_no_number_is_refused(double value) =>
        Assert.Throws<ProblemException>(() => CanonicalJson.Serialize(new JsonArray(JsonValue.Create(value))));

    [Fact]
    public void Half_a_surrogate_pair_is_refused_in_values_and_names()
    {
        Assert.Throws<ProblemException>(() => CanonicalJson.Serialize(JsonValue.Create("a\ud800b")));
        Assert.Throws<ProblemException>(() => CanonicalJson.Serialize(new JsonObject { ["\udc00"] = 1 }));
        Assert.Throws<ProblemException>(() => CanonicalJson.Serialize(CanonicalJson.Parse("""["\ud800"]"""u8)));
        Assert.Throws<ProblemException>(() => CanonicalJson.Serialize(CanonicalJson.Parse("""{"\ud800":1}"""u8)));
    }

    [Fact]
    public void Nesting_is_bounded_both_ways()
    {
        JsonNode inner = new JsonArray();
        for (var level = 1; level < CanonicalJson.MaxDepth; level++)
            inner = new JsonArray(inner);
        Assert.Equal(2 * CanonicalJson.MaxDepth, CanonicalJson.Serialize(inner).Length);
        Assert.Throws<ProblemException>(() => CanonicalJson.Serialize(new JsonArray(inner.DeepClone())));
        Assert.Throws<ProblemException>(() => CanonicalJson.Parse(Encoding.UTF8.GetBytes(new string('[', 65) + new string(']', 65))));
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("[1] 2")]
    [InlineData("[1e999]")]
    [InlineData("")]
    [InlineData("{")]
    public void Ambiguous_or_broken_text_is_refused(string text) =>
        Assert.Throws<ProblemException>(() => CanonicalJson.Serialize(CanonicalJson.Parse(Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void Parsing_the_canonical_form_gives_the_same_form_again() =>
        Prop.ForAll(JsonArbitrary.Nodes(), node =>
        {
            var once = CanonicalJson.Serialize(node);
            return once.AsSpan().SequenceEqual(CanonicalJson.Serialize(CanonicalJson.Parse(once)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Every_double_reads_back_as_itself() =>
        Prop.ForAll<long>(bits =>
        {
            var value = BitConverter.Int64BitsToDouble(bits * 0x9E3779B97F4A7C1);
            return !double.IsFinite(value) || double.Parse(CanonicalJson.Serialize(JsonValue.Create(value))) == value;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Any_bytes_are_parsed_or_refused() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            try
            {
                CanonicalJson.Serialize(CanonicalJson.Parse(bytes));
            }
            catch (ProblemException)
            {
                // refused: the other allowed answer
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}

/// <summary>Random JSON documents of bounded size.</summary>
internal static class JsonArbitrary
{
    public static Arbitrary<JsonNode?> Nodes() => Gen.Sized(size => Node(Math.Min(size, 40))).ToArbitrary();

    private static Gen<JsonNode?> Node(int size)
    {
        var text = ArbMap.Default.GeneratorFor<string>().Select(value => JsonArbitrary.Whole(value ?? ""));
        var leaf = Gen.OneOf(
            ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Select(value => (JsonNode?)JsonValue.Create(value)),
            ArbMap.Default.GeneratorFor<int>().Select(value => (JsonNode?)JsonValue.Create(value)),
            ArbMap.Default.GeneratorFor<bool>().Select(value => (JsonNode?)JsonValue.Create(value)),
            text.Select(value => (JsonNode?)JsonValue.Create(value)),
            Gen.Constant<JsonNode?>(null));
        if (size <= 1)
            return leaf;
        var array = Gen.ArrayOf(Node(size / 4)).Select(items => (JsonNode?)new JsonArray([.. items.Take(6).Select(Free)]));
        var members = Gen.ArrayOf(text.Zip(Node(size / 4))).Select(pairs => (JsonNode?)new JsonObject(
            pairs.Take(6).DistinctBy(pair => pair.Item1).Select(pair => KeyValuePair.Create(pair.Item1, Free(pair.Item2)))));
        return Gen.OneOf(leaf, array, members);
    }

    private static JsonNode? Free(JsonNode? node) => node?.DeepClone();

    /// <summary>Without lone surrogates, which are refused elsewhere.</summary>
    private static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
