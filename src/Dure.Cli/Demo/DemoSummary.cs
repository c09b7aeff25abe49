using System.Text.Json.Nodes;
using Spectre.Console;

namespace Dure.Cli.Demo;

/// <summary>One link of the chain as it was walked: what came out, its figure, how long it took.</summary>
internal sealed record DemoStep(string Name, string Artefact, string Figure, TimeSpan Took);

/// <summary>What a demonstration leaves: its steps, the detectors' table, the claim, and where to look further.</summary>
internal sealed record DemoSummary(
    DemoRecordings Recordings, IReadOnlyList<DemoStep> Steps, JsonNode Training, JsonNode Claim, Uri Address, Uri SignIn,
    string BundleFile, string AlarmedAsset, TimeSpan Total, long PeakBytes)
{
    private const double Mebibyte = 1024 * 1024;

    public JsonObject ToJson() => new()
    {
        ["data"] = Recordings.Origin,
        ["simulated"] = Recordings.IsSimulated,
        ["steps"] = new JsonArray([.. Steps.Select(step => new JsonObject
        {
            ["step"] = step.Name, ["artefact"] = step.Artefact, ["figure"] = step.Figure, ["seconds"] = Math.Round(step.Took.TotalSeconds, 3),
        })]),
        ["leaderboard"] = Training["leaderboard"]!.DeepClone(),
        ["claim"] = Claim.DeepClone(),
        ["address"] = Address.ToString(),
        ["signIn"] = SignIn.ToString(),
        ["bundle"] = BundleFile,
        ["seconds"] = Math.Round(Total.TotalSeconds, 3),
        ["peakMiB"] = Math.Round(PeakBytes / Mebibyte, 1),
    };

    public void Print(bool isServing)
    {
        var mark = Recordings.Mark;
        Console.WriteLine();
        Console.WriteLine($"{mark}Detectors on the held-out rows, labels read after the choice:");
        Leaderboard.Print(Training);
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Step", "Artefact", "Figure", "Time");
        table.Columns[3].RightAligned();
        foreach (var step in Steps)
            table.AddRow(Markup.Escape(step.Name), Markup.Escape(step.Artefact), Markup.Escape(mark + step.Figure), $"{step.Took.TotalSeconds:0.00} s");
        AnsiConsole.Write(table);
        foreach (var line in Claim["lines"]!.AsArray())
            Console.WriteLine($"{mark}{line!.GetValue<string>()}");
        Console.WriteLine();
        Console.WriteLine($"{mark}All {Steps.Count} steps done in {Total.TotalSeconds:0.0} s; peak memory {PeakBytes / Mebibyte:0} MiB (node and device).");
        Console.WriteLine("Look further:");
        Console.WriteLine(isServing ? $"  {SignIn}   (the pages; Ctrl+C stops the node)" : "  ./dure demo --serve           keeps the node up for the browser");
        Console.WriteLine($"  ./dure verify {BundleFile}");
        Console.WriteLine(isServing ? $"  ./dure explain {AlarmedAsset} --node {Address} --data {Path.GetDirectoryName(BundleFile)}" : $"  ./dure up --data {Path.GetDirectoryName(BundleFile)}   then   ./dure explain {AlarmedAsset} --data {Path.GetDirectoryName(BundleFile)}");
    }
}
