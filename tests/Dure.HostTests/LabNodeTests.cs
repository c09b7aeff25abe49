using System.Text.Json.Nodes;
using Dure.Lab;
using Dure.Lab.Virtual;
using Xunit;

namespace Dure.HostTests;

/// <summary>Campaigns on a node by the command line, as those who run a laboratory type it.</summary>
public sealed class LabNodeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-lab-node-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task People_agree_veto_add_enter_and_pin_and_the_report_tells_it()
    {
        await using var node = await NodeProcess.Start(folder, Cancel);
        var plan = File("plan.json", CampaignText.Example);
        var id = JsonNode.Parse(await node.Command(Cancel, "lab", "draft", plan, "--owner", "Chemistry 2", "--json"))!["id"]!.GetValue<string>();
        var early = await Assert.ThrowsAsync<InvalidOperationException>(() => node.Command(Cancel, "lab", "start", id));
        Assert.Contains("A draft is approved first", early.Message, StringComparison.Ordinal);
        await node.Command(Cancel, "lab", "approve", id, "--why", "the ranges are safe");
        await node.Command(Cancel, "lab", "start", id);
        await UntilTrials(node, id, 1);

        Assert.Contains("measured", await node.Command(Cancel, "lab", "enter", id, "1", "yield=0.412 1", "impurity=1.2"), StringComparison.Ordinal);
        await UntilTrials(node, id, 2);
        Assert.Contains("too hot", await node.Command(Cancel, "lab", "veto", id, "2", "--why", "too hot"), StringComparison.Ordinal);
        await UntilTrials(node, id, 3);
        Assert.Contains("solvent is held at water", await node.Command(Cancel, "lab", "pin", id, "solvent=water"), StringComparison.Ordinal);
        var held = await node.Command(Cancel, "lab", "narrow", id, "temperature=320 K..350 K");
        Assert.Contains("temperature is held from 46.85 Cel to 76.85 Cel", held, StringComparison.Ordinal);
        Assert.DoesNotContain("solvent is held", await node.Command(Cancel, "lab", "loosen", id, "solvent"), StringComparison.Ordinal);
        Assert.Contains("is added", await node.Command(Cancel, "lab", "add", id, "temperature=350 K", "time=20", "equivalents=1.2", "solvent=toluene"), StringComparison.Ordinal);

        var report = await node.Command(Cancel, "lab", "report", id);
        Assert.Contains("1 results of 30 planned trials", report, StringComparison.Ordinal);
        Assert.Contains("41.2 %", report, StringComparison.Ordinal);
        Assert.Contains("done", await node.Command(Cancel, "lab", "end", id, "--why", "seen enough"), StringComparison.Ordinal);
        Assert.Contains("Chemistry 2", await node.Command(Cancel, "lab", "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instruments_are_taken_in_stopped_released_and_set_aside()
    {
        await using var node = await NodeProcess.Start(folder, Cancel);
        await node.Command(Cancel, "lab", "instrument", "add", File("reactor.json", VirtualExample.Cards("nobody").Single(card => card["name"]!.GetValue<string>() == "reactor-1").ToJsonString()));
        Assert.Contains("smoke", await node.Command(Cancel, "lab", "stop", "--why", "smoke"), StringComparison.Ordinal);
        Assert.Contains("The laboratory is stopped: smoke", await node.Command(Cancel, "lab", "instruments"), StringComparison.Ordinal);
        Assert.DoesNotContain("stopped", await node.Command(Cancel, "lab", "release", "--why", "it was toast"), StringComparison.Ordinal);
        Assert.Contains("set aside: stirrer", await node.Command(Cancel, "lab", "instrument", "set-aside", "reactor-1", "--why", "stirrer"), StringComparison.Ordinal);
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => node.Command(Cancel, "lab", "instrument", "add", File("wrong.json", """{ "name": "r", "driver": "http" }""")));
        Assert.Contains("Nobody answers for the limits", wrong.Message, StringComparison.Ordinal);
    }

    private static async Task UntilTrials(NodeProcess node, string id, int count)
    {
        for (var look = 0; JsonNode.Parse(await node.Client.GetStringAsync($"api/v1/lab/campaigns/{id}/trials", Cancel))!["total"]!.GetValue<int>() < count; look++)
        {
            Assert.True(look < 1_000, "No trial was suggested.");
            await Task.Delay(20, Cancel);
        }
    }

    private string File(string name, string text)
    {
        var path = Path.Combine(folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }
}
