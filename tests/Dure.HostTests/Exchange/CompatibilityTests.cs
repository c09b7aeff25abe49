using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>The 67 sequences of the Dataspace Protocol's compatibility kit, in both roles, against a real node.</summary>
public sealed class CompatibilityTests : IDisposable
{
    private const string Header = "the header of both sides";
    private readonly string folder = Directory.CreateTempSubdirectory("dure-kit-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <param name="initialStatus">How the kit answers a first request: as specified, or as the public kit does.</param>
    [Theory]
    [InlineData(201)]
    [InlineData(200)]
    public async Task A_node_passes_all_sequences_of_the_compatibility_kit(int initialStatus)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await Start(cancel);
        await Pass(node, 67, cancel, "--initial-status", $"{initialStatus}");
    }

    [Fact]
    public async Task A_node_takes_no_forbidden_step_and_negotiates_what_a_provider_proposes()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await Start(cancel);
        await Pass(node, 181, cancel, "--beyond");
    }

    [Fact]
    public async Task A_node_passes_them_all_at_once_and_again_after_it_was_killed()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using (var node = await Start(cancel))
        {
            await Pass(node, 67, cancel, "--parallel", "67");
            await node.Kill();
        }
        await using var again = await Start(cancel);
        await Pass(again, 67, cancel, "--parallel", "67");
    }

    private async Task<NodeProcess> Start(CancellationToken cancel)
    {
        var script = Path.Combine(folder, "script.json");
        var (code, _, complaint) = await DataspaceKit.Run([DataspaceKit.Place("kit.mjs"), "--write-node-script", script, "--authorization", Header], cancel);
        Assert.True(code == 0, complaint);
        return await NodeProcess.Start(Directory.CreateDirectory(Path.Combine(folder, "node")).FullName, cancel, "--exchange-test", script);
    }

    private static async Task Pass(NodeProcess node, int sequences, CancellationToken cancel, params string[] more)
    {
        string At(string path) => new Uri(node.Address, path).AbsoluteUri;
        var (code, lines, complaint) = await DataspaceKit.Run(
            [
                DataspaceKit.Place("kit.mjs"), "--schemas", DataspaceKit.Schemas, "--base", At("dsp"), "--authorization", Header, "--expect-authorization", Header, "--strict",
                "--negotiate-url", At("exchange/test/negotiations"), "--transfer-url", At("exchange/test/transfers"), .. more,
            ],
            cancel);
        Assert.True(code == 0, string.Join('\n', lines.Where(line => !line.StartsWith("ok ", StringComparison.Ordinal))) + complaint + node.Output);
        Assert.Equal($"{sequences} of {sequences} sequences passed, 0 failed", lines[^1]);
    }
}
