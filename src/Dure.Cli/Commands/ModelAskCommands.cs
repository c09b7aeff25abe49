using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure model predict</c> and <c>dure model change</c>: what a predictor says of a row, why, and what would have to be otherwise.</summary>
internal static class ModelAskCommands
{
    private const int MostParts = 12;
    private const int BarLength = 24;
    private const double FarFromSeen = 1;

    public static Command Predict(SharedOptions shared)
    {
        var (version, row) = (ModelCommand.Version(), new RowOptions());
        var explain = new Option<bool>("--explain") { Description = "Say what each feature adds to the last row's prediction" };
        var ofClass = new Option<string?>("--class") { Description = "Of classes: explain what speaks for this one; default: the one that is said" };
        var outcomes = new Option<FileInfo?>("--outcomes") { Description = "A JSON file with the true value of each row, null where it is not known: intervals over time then follow them" };
        var command = new Command("predict", "What a predictor says of rows, with its interval.\n\nExamples:\n  dure model predict strength --set temperature=210 --set mould=B --explain\n  dure model predict energy --rows last-day.json") { version, explain, ofClass, outcomes };
        row.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = row.Request(parsed);
            request["explain"] = parsed.GetValue(explain);
            if (parsed.GetValue(ofClass) is { } name)
                request["class"] = name;
            if (parsed.GetValue(outcomes) is { } known)
                request["outcomes"] = RowOptions.Read(known);
            var answer = await node.Post($"api/v1/predictors/{Uri.EscapeDataString(parsed.GetValue(version)!)}/predictions", request, cancel); // a required argument
            return shared.Print(parsed, answer, () =>
            {
                foreach (var prediction in answer["predictions"]!.AsArray())
                    Console.WriteLine(InWords(prediction));
                if (answer["explanation"] is JsonObject why)
                    Explain(why);
                else if (parsed.GetValue(explain))
                    Console.WriteLine("This model gives no explanation of one prediction: see what matters most on its card.");
            });
        });
        return command;
    }

    public static Command Change(SharedOptions shared)
    {
        var (version, row) = (ModelCommand.Version(), new RowOptions());
        var free = new Option<string[]>("--free") { Description = "A signal that may be changed; several by commas", Required = true };
        var (below, above) = (new Option<double?>("--below") { Description = "The prediction is to be at most this" }, new Option<double?>("--above") { Description = "The prediction is to be at least this" });
        var ofClass = new Option<string?>("--class") { Description = "Of classes: the one that is to be said" };
        var command = new Command("change", "What would have to be otherwise in a row for another prediction: only signals you free, only values seen in training.\n\nExample:\n  dure model change strength --set temperature=235 --set mould=A --free temperature,mould --above 70") { version, free, below, above, ofClass };
        row.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = row.Request(parsed);
            request["free"] = new JsonArray([.. parsed.GetValue(free)!.SelectMany(names => names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Select(name => JsonValue.Create(name))]); // a required option
            (request["below"], request["above"], request["class"]) = (parsed.GetValue(below), parsed.GetValue(above), parsed.GetValue(ofClass));
            var answer = await node.Post($"api/v1/predictors/{Uri.EscapeDataString(parsed.GetValue(version)!)}/changes", request, cancel); // a required argument
            return shared.Print(parsed, answer, () => Tell(answer));
        });
        return command;
    }

    private static void Tell(JsonNode answer)
    {
        Console.WriteLine($"Now: {InWords(answer["prediction"])}");
        var changes = answer["changes"]!.AsArray();
        if (answer["already"]!.GetValue<bool>())
            Console.WriteLine("It is predicted so already.");
        else if (changes.Count == 0)
            Console.WriteLine("No change of these signals, within what was seen in training, brings it about.");
        foreach (var one in changes)
        {
            Console.WriteLine($"  {string.Join(", ", one!["changes"]!.AsArray().Select(change => $"{change.Text("signal")} {Value(change!["to"])} instead of {Value(change["from"])}"))}: {InWords(one["prediction"])}");
            if (one.Number("likeness") > FarFromSeen)
                Console.WriteLine($"    No row like this was seen in training (the nearest is {Number(one.Number("likeness"))} usual spreads a signal away): the model guesses there.");
        }
        if (changes.Count > 0)
            Console.WriteLine("This explains the model; whether the machine follows is to be tried with care.");
    }

    private static string Value(JsonNode? value) => value is JsonValue known ? (known.GetValueKind() == JsonValueKind.Number ? Number(known.GetValue<double>()) : known.ToString()) : "missing";

    private static string InWords(JsonNode? prediction) => prediction switch
    {
        null => "It needs more rows before it says anything.",
        { } said when said["class"] is { } name => $"{name} (possible: {string.Join(", ", said["possible"]!.AsArray())}; probabilities {string.Join(", ", said["probabilities"]!.AsArray().Select(one => Number(one!.GetValue<double>())))})",
        { } said when said.Number("low") < said.Number("high") => $"{Number(said.Number("value"))} ({Number(said.Number("low"))} to {Number(said.Number("high"))})",
        { } said => Number(said.Number("value")),
    };

    private static void Explain(JsonObject why)
    {
        var unit = why.Text("scale") switch
        {
            "log-odds" => " in the logarithm of the odds (0.69 more doubles them)",
            "logarithm" => " in the logarithm of the prediction (0.69 more doubles it)",
            _ => "",
        };
        Console.WriteLine($"Usually it says {Number(why.Number("usual"))}{(why["class"] is { } name ? $" for '{name}'" : "")}{unit}; this row's values make it {Number(why.Number("total"))}:");
        var parts = why["parts"]!.AsArray();
        var most = parts.Count == 0 ? 1 : Math.Abs(parts[0].Number("adds"));
        foreach (var part in parts.Take(MostParts))
        {
            var adds = part.Number("adds");
            Console.WriteLine($"  {Signed(adds),9} {new string(adds < 0 ? '-' : '+', most > 0 ? (int)Math.Round(Math.Abs(adds) / most * BarLength) : 0),-BarLength} {part.Text("feature")} = {Value(part!["value"])}{(part["error"] is null ? "" : $" (± {Number(part.Number("error"))})")}");
        }
        if (why.Whole("features") > MostParts)
            Console.WriteLine($"  {Signed(parts.Skip(MostParts).Sum(part => part.Number("adds")) + why.Number("rest")),9} {new string(' ', BarLength)} {why.Whole("features") - MostParts} others");
        Console.WriteLine("This explains the model, which need not be how the machine works.");
    }

    internal static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Signed(double value) => value.ToString("+0.####;-0.####;0", CultureInfo.InvariantCulture);

    /// <summary>The row or rows that a command hands over.</summary>
    internal sealed class RowOptions
    {
        private readonly Option<string[]> set = new("--set") { Description = "A signal's value: temperature=210, mould=B; a category that looks like a number as 'line=\"3\"'" };
        private readonly Option<FileInfo?> file = new("--rows") { Description = "A JSON file with a list of rows in order of time, as objects of signal and value; a field \"time\" says when" };

        public void AddTo(Command command)
        {
            command.Add(set);
            command.Add(file);
        }

        /// <exception cref="ProblemException">Neither is given, or a value stands without its signal.</exception>
        public JsonObject Request(ParseResult parsed)
        {
            var rows = parsed.GetValue(file) is { } from ? Read(from) : [];
            var row = new JsonObject();
            foreach (var one in parsed.GetValue(set) ?? [])
                row[one.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? one[..at].Trim() : throw Bad($"'{one}' is no value of a signal.", "--set", "Write signal=value.")] = Value(one[(one.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim());
            if (row.Count > 0)
                rows.Add(row);
            return rows.Count > 0 ? new() { ["rows"] = rows } : throw Bad("No row is given.", "--set and --rows", "Give a row by --set signal=value, or rows by --rows file.json.");
        }

        public static JsonArray Read(FileInfo file)
        {
            try
            {
                return (JsonArray)JsonNode.Parse(File.ReadAllText(file.FullName))!;
            }
            catch (Exception wrong) when (wrong is JsonException or InvalidCastException or NullReferenceException)
            {
                throw Bad("It holds no list.", $"file {file.FullName}", "Write rows as [{\"signal\": 1.5, …}, …], outcomes as [1.5, null, …].");
            }
        }

        private static JsonNode? Value(string text)
        {
            if (text.Length == 0)
                return null;
            try
            {
                return JsonNode.Parse(text) is JsonValue value ? value : JsonValue.Create(text);
            }
            catch (JsonException)
            {
                return JsonValue.Create(text);
            }
        }

        private static ProblemException Bad(string what, string where, string mend) => new("urn:dure:cli:bad-row", what, where, mend);
    }
}
