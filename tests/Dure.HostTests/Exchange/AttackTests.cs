using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>What no honest partner sends, against a real node.</summary>
public sealed class AttackTests : IDisposable
{
    private const string Header = "the header of both sides";

    private readonly string folder = Directory.CreateTempSubdirectory("dure-attacks-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public Task A_node_withstands_what_no_honest_partner_sends() => Attack([]);

    [Fact]
    [Trait("Speed", "Slow")]
    public Task A_node_bounds_the_open_negotiations_of_a_partner() => Attack(["--only", "^FLOOD", "--flood", "10000", "--wait", "120"]);

    private async Task Attack(string[] more)
    {
        var cancel = TestContext.Current.CancellationToken;
        var script = Path.Combine(folder, "script.json");
        var (code, _, complaint) = await DataspaceKit.Run([DataspaceKit.Place("kit.mjs"), "--write-node-script", script, "--authorization", Header], cancel);
        Assert.True(code == 0, complaint);
        await using var node = await NodeProcess.Start(Directory.CreateDirectory(Path.Combine(folder, "node")).FullName, cancel, "--exchange-test", script);
        string At(string path) => new Uri(node.Address, path).AbsoluteUri;
        (_, var lines, complaint) = await DataspaceKit.Run(
            [
                DataspaceKit.Place("attacks.mjs"), "--schemas", DataspaceKit.Schemas, "--base", At("dsp"), "--authorization", Header, "--negotiate-url", At("exchange/test/negotiations"), "--json", .. more,
            ],
            cancel);
        Assert.True(lines.Count > 0, complaint + node.Output);

        var results = JsonNode.Parse(string.Join('\n', lines))!.AsArray();
        Assert.NotEmpty(results);
        var lost = results.Where(result => result!["outcome"]!.GetValue<string>() == "not ok");
        Assert.True(!lost.Any(), string.Join('\n', lost.Select(result => $"{result!["id"]} {result["what"]}: {result["why"]}")));
        Assert.False(node.HasEnded, node.Output);
    }
}
