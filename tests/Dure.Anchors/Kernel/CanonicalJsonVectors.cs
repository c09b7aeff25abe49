using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Xunit;

namespace Dure.Anchors.Kernel;

/// <summary>The published test data of RFC 8785 (cyberphone/json-canonicalization), and numbers as Node.js writes them.</summary>
public sealed class CanonicalJsonVectors
{
    private const string Folder = "data/alliance/jcs";

    [Theory]
    [InlineData("arrays")]
    [InlineData("french")]
    [InlineData("structures")]
    [InlineData("unicode")]
    [InlineData("values")]
    [InlineData("weird")]
    public void Published_documents_take_their_published_form(string name)
    {
        var input = File.ReadAllBytes(Shared.Path($"{Folder}/input/{name}.json"));
        var expected = File.ReadAllBytes(Shared.Path($"{Folder}/output/{name}.json"));
        Assert.Equal(Encoding.UTF8.GetString(expected), Encoding.UTF8.GetString(CanonicalJson.Serialize(CanonicalJson.Parse(input))));
    }

    [Fact]
    public void Three_thousand_numbers_are_written_as_ECMAScript_writes_them()
    {
        var count = 0;
        foreach (var line in File.ReadLines(Shared.Path($"{Folder}/numbers.csv")))
        {
            var comma = line.IndexOf(',', StringComparison.Ordinal);
            var value = BitConverter.UInt64BitsToDouble(ulong.Parse(line[..comma], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            Assert.Equal(line[(comma + 1)..], Encoding.UTF8.GetString(CanonicalJson.Serialize(JsonValue.Create(value))));
            count++;
        }
        Assert.True(count >= 3000, $"{count} numbers");
    }
}
