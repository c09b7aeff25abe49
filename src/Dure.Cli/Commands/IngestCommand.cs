using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure ingest</c>: sends a file of samples to the node.</summary>
internal static class IngestCommand
{
    public static Command Build(SharedOptions shared)
    {
        var file = new Argument<FileInfo>("file") { Description = "A .csv (time column first), .json (batch) or .lp (InfluxDB line protocol) file" };
        var asset = new Option<string?>("--asset") { Description = "For CSV: the machine the columns belong to, as plant/pump1" };
        var register = new Option<bool>("--register") { Description = "For CSV: make unknown columns known as signals of unit 1" };
        var command = new Command("ingest", """
            Send samples to the node. Everything valid is kept; every refused line is named.

            Examples:
              dure ingest pump.csv --asset plant/pump1
              dure ingest batch.json
              dure ingest telegraf.lp
            """) { file, asset, register };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var path = parsed.GetValue(file)!;
            if (!path.Exists)
                throw new ProblemException("urn:dure:cli:no-file", "There is no such file.", path.FullName, "Check the path.");
            using var content = new StreamContent(path.OpenRead());
            var (door, type) = path.Extension.ToLowerInvariant() switch
            {
                ".csv" => ($"api/v1/ingest/csv?asset={Uri.EscapeDataString(AssetOf(parsed.GetValue(asset)))}&register={parsed.GetValue(register)}", "text/csv"),
                ".json" => ("api/v1/ingest", "application/json"),
                ".lp" => ("api/v1/ingest/lines", "text/plain"),
                var other => throw new ProblemException("urn:dure:cli:unknown-file-type", $"'{other}' is not a kind of file that ingest reads.", path.Name, "Use .csv, .json or .lp."),
            };
            content.Headers.ContentType = new MediaTypeHeaderValue(type);
            var receipt = await node.Post(door, content, cancel);
            shared.Print(parsed, receipt, () => Tell(receipt));
            return receipt.Whole("rejected") == 0 ? 0 : 1;
        });
        return command;
    }

    private static string AssetOf(string? asset) =>
        asset ?? throw new ProblemException("urn:dure:cli:no-asset", "A CSV file does not say which machine it is from.", "--asset", "Add --asset plant/pump1.");

    private static void Tell(JsonNode receipt)
    {
        Console.WriteLine($"{receipt["accepted"]} accepted, {receipt["duplicates"]} duplicates, {receipt["outOfOrder"]} out of order, {receipt["rejected"]} rejected");
        foreach (var rejection in receipt["rejections"]?.AsArray() ?? [])
            Console.Error.WriteLine($"  {rejection!["where"]}: {rejection["what"]} {rejection["mend"]}");
    }
}
