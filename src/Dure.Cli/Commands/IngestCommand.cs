using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure ingest</c>: sends a file of samples to the node.</summary>
internal static class IngestCommand
{
    public static Command Build(SharedOptions shared)
    {
        var file = new Argument<FileInfo>("file") { Description = "A .csv (time column first), .parquet, .json (batch) or .lp (InfluxDB line protocol) file" };
        var asset = new Option<string?>("--asset") { Description = "For CSV and Parquet: the machine the columns belong to, as plant/pump1" };
        var register = new Option<bool>("--register") { Description = "For CSV and Parquet: make unknown columns known as signals, of unit 1 where the column names none" };
        var preview = new Option<bool>("--preview") { Description = "For CSV: only show what would be read, and which lines are broken; sends nothing" };
        var command = new Command("ingest", """
            Send samples to the node. Everything valid is kept; every refused line is named.

            Examples:
              dure ingest pump.csv --preview
              dure ingest pump.csv --asset plant/pump1
              dure ingest pump.parquet --asset plant/pump1 --register
              dure ingest batch.json
              dure ingest telegraf.lp
            """) { file, asset, register, preview };
        command.SetAction(async (parsed, cancel) =>
        {
            var path = parsed.GetValue(file)!;
            if (!path.Exists)
                throw new ProblemException("urn:dure:cli:no-file", "There is no such file.", path.FullName, "Check the path.");
            if (parsed.GetValue(preview))
                return Preview(shared, parsed, path.FullName, cancel);
            using var node = shared.Connect(parsed);
            using var content = new StreamContent(path.OpenRead());
            var (door, type) = path.Extension.ToLowerInvariant() switch
            {
                ".csv" => ($"api/v1/ingest/csv?asset={Uri.EscapeDataString(AssetOf(parsed.GetValue(asset)))}&register={parsed.GetValue(register)}", "text/csv"),
                ".parquet" => ($"api/v1/ingest/parquet?asset={Uri.EscapeDataString(AssetOf(parsed.GetValue(asset)))}&register={parsed.GetValue(register)}", "application/vnd.apache.parquet"),
                ".json" => ("api/v1/ingest", "application/json"),
                ".lp" => ("api/v1/ingest/lines", "text/plain"),
                var other => throw new ProblemException("urn:dure:cli:unknown-file-type", $"'{other}' is not a kind of file that ingest reads.", path.Name, "Use .csv, .parquet, .json or .lp."),
            };
            content.Headers.ContentType = new MediaTypeHeaderValue(type);
            var receipt = await node.Post(door, content, cancel);
            shared.Print(parsed, receipt, () => Tell(receipt));
            return receipt.Whole("rejected") == 0 ? 0 : 1;
        });
        return command;
    }

    private static int Preview(SharedOptions shared, ParseResult parsed, string path, CancellationToken cancel)
    {
        var seen = CsvImport.Preview(path, rows: 5, cancel);
        var answer = new JsonObject
        {
            ["columns"] = new JsonArray([.. seen.Columns.Select(column => new JsonObject { ["name"] = column.Name, ["type"] = column.Type })]),
            ["goodRows"] = seen.GoodRows,
            ["broken"] = new JsonArray([.. seen.Broken.Select(line => new JsonObject { ["line"] = line.Line, ["column"] = line.Column, ["what"] = line.What })]),
        };
        return shared.Print(parsed, answer, () =>
        {
            Console.WriteLine($"{seen.GoodRows} rows can be read; columns: {string.Join(", ", seen.Columns.Select(column => $"{column.Name} ({column.Type})"))}");
            foreach (var row in seen.Rows)
                Console.WriteLine($"  {string.Join('\t', row)}");
            foreach (var line in seen.Broken)
                Console.Error.WriteLine($"  line {line.Line}, {line.Column}: {line.What}");
        });
    }

    private static string AssetOf(string? asset) =>
        asset ?? throw new ProblemException("urn:dure:cli:no-asset", "The file does not say which machine it is from.", "--asset", "Add --asset plant/pump1.");

    private static void Tell(JsonNode receipt)
    {
        Console.WriteLine($"{receipt["accepted"]} accepted, {receipt["duplicates"]} duplicates, {receipt["outOfOrder"]} out of order, {receipt["rejected"]} rejected");
        foreach (var rejection in receipt["rejections"]?.AsArray() ?? [])
            Console.Error.WriteLine($"  {rejection!["where"]}: {rejection["what"]} {rejection["mend"]}");
    }
}
