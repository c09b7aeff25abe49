using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>The harness itself, tried on a connector of its own: one that is right, and one for each fault it must find.</summary>
public sealed class DataspaceKitTests
{
    [Fact]
    public Task The_kit_passes_a_right_connector() => Pass("--test-name-pattern", "right connector|left open|public kit|node script");

    [Fact]
    [Trait("Speed", "Slow")]
    public Task The_kit_finds_each_fault_in_exactly_the_sequences_where_it_shows() => Pass();

    private static async Task Pass(params string[] choice)
    {
        _ = DataspaceKit.Schemas;
        var (code, lines, complaint) = await DataspaceKit.Run(["--test", .. choice, DataspaceKit.Place("self-test")], TestContext.Current.CancellationToken);
        Assert.True(code == 0, string.Join('\n', lines.Where(line => !line.StartsWith("ok ", StringComparison.Ordinal))) + complaint);
        Assert.DoesNotContain("# pass 0", lines);
    }
}
