using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure dataset import</c>: makes a dataset version of a table or of images; with <c>--dry-run</c> says what it sees, without a node.</summary>
internal static class DatasetImportCommand
{
    private const int ShownBroken = 20;

    public static Command Build(SharedOptions shared)
    {
        var file = new Argument<FileSystemInfo>("file") { Description = "A .csv (UTF-8, names in the first line) or .parquet file; or a folder or .zip file of PNG and JPEG images, in folders by label" };
        var name = new Option<string?>("--name") { Description = "Short name for addresses and SQL; default: made of the file's name" };
        var title = new Option<string?>("--title") { Description = "What the data is, in a few words" };
        var licence = new Option<string>("--licence") { Description = "Licence of the data", DefaultValueFactory = _ => "not stated" };
        var source = new Option<string?>("--source") { Description = "How to cite where the data came from" };
        var time = new Option<string?>("--time") { Description = "Column that says when; default: the only column of times" };
        var group = new Option<string?>("--group") { Description = "Column that says which rows belong together: machine, engine, batch" };
        var ids = new Option<string[]>("--id") { Description = "Column never to learn from; repeat for more", AllowMultipleArgumentsPerToken = true };
        var target = new Option<string?>("--target") { Description = "Column to be predicted, as a suggestion" };
        var categories = new Option<string[]>("--category") { Description = "Column to take as categories; repeat for more", AllowMultipleArgumentsPerToken = true };
        var dates = new Option<string?>("--dates") { Description = "day-first or month-first, where 03/04/2026 can be both" };
        var leaveOut = new Option<bool>("--leave-out-broken") { Description = "Leave out lines that cannot be read and empty cells that do not fit; the report tells each" };
        var mend = new Option<bool>("--mend-midnights") { Description = "Move rows at 00:00 that carry the day that ended to the day that began" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would be read and what is wrong; needs no node" };
        var command = new Command("import", """
            Make a dataset version of a table or of images: the same file and words always give the same version.

            Examples:
              dure dataset import parts.csv --dry-run
              dure dataset import parts.csv --name parts --group machine --id serial --target passed
              dure dataset import energy.csv --time date --target kWh --mend-midnights
              dure dataset import tiles/ --name tiles       images in tiles/good, tiles/crack, ...
            """) { file, name, title, licence, source, time, group, ids, target, categories, dates, leaveOut, mend, dryRun };
        command.SetAction(async (parsed, cancel) =>
        {
            using var brought = Brought.Of(parsed.GetValue(file)!, cancel);
            if (!TableWords.TryDates(parsed.GetValue(dates), out var order))
                throw new ProblemException("urn:dure:cli:bad-dates", $"'{parsed.GetValue(dates)}' is no order of a date.", "--dates", "Say day-first or month-first.");
            var named = parsed.GetValue(name) ?? TableSuggestion.NameOf(brought.Name);
            var spec = new TableSpec
            {
                Name = named,
                Title = parsed.GetValue(title) ?? named,
                Licence = parsed.GetValue(licence)!,
                Source = parsed.GetValue(source) ?? "",
                Time = parsed.GetValue(time),
                Group = parsed.GetValue(group),
                Identifiers = parsed.GetValue(ids) ?? [],
                Target = parsed.GetValue(target),
                Categories = parsed.GetValue(categories) ?? [],
                Dates = order,
                LeaveOutBroken = parsed.GetValue(leaveOut),
                MendMidnights = parsed.GetValue(mend),
            };
            spec.Check();
            if (parsed.GetValue(dryRun))
                return Show(shared, parsed, await DatasetCatalog.Look(brought.Path, brought.Name, spec, cancel), spec);
            using var node = shared.Connect(parsed);
            using var content = new StreamContent(File.OpenRead(brought.Path));
            var version = await node.Post($"api/v1/datasets/import?{TableQuery.Write(spec, brought.Name)}", content, cancel);
            return shared.Print(parsed, version, () => Console.WriteLine($"{version.Text("version")}  {version["rows"]} {(version.Text("kind") == "images" ? "images" : $"rows of {version["columns"]!.AsArray().Count} columns")}, quality {version.Number("quality"):0.000}"));
        });
        return command;
    }

    private static int Show(SharedOptions shared, ParseResult parsed, TablePreview seen, TableSpec spec)
    {
        shared.Print(parsed, TableJson.Describe(seen), () => Tell(seen, TableSuggestion.For(seen, spec), spec));
        return seen.Refusal is null ? 0 : 1;
    }

    private static void Tell(TablePreview seen, TableSpec suggested, TableSpec said)
    {
        Console.WriteLine($"{seen.File.Name}: {seen.Rows:N0} {(seen.File.Format == ImagePack.Format ? "images" : $"rows, {seen.Columns.Count} columns ({seen.File.Format})")}");
        foreach (var column in seen.Columns)
            Console.WriteLine($"  {column.Name,-32} {column.Type.Key(),-9} {column.Role.Key(),-11} {column.Missing,8:N0} missing  {TableJson.ValuesOf(column)}");
        foreach (var (column, finding) in seen.Quality.Columns.SelectMany(column => column.Findings.Select(finding => (column.Column, finding))))
            Console.WriteLine($"  ! {column ?? "all rows"}: {finding.Words}");
        foreach (var line in seen.Broken.Take(ShownBroken))
            Console.Error.WriteLine(seen.File.Format == ImagePack.Format ? $"  {line.Column}: {line.What}" : $"  line {line.Line}{(line.Column.Length > 0 ? $", {line.Column}" : "")}: {line.What}");
        if (Options(suggested, said) is { Length: > 0 } options)
            Console.WriteLine($"Perhaps:{options}");
        if (seen.Refusal is { } refusal)
            Console.Error.WriteLine($"The import would be refused: {refusal.What} ({refusal.Where}) {refusal.Mend}");
    }

    /// <summary>The file to import: the one that was named, or a zip file made of a folder, which goes afterwards.</summary>
    private sealed record Brought(string Path, string Name, bool IsMade) : IDisposable
    {
        public static Brought Of(FileSystemInfo named, CancellationToken cancel)
        {
            if (File.Exists(named.FullName))
                return new(named.FullName, named.Name, IsMade: false);
            if (!Directory.Exists(named.FullName))
                throw new ProblemException("urn:dure:cli:no-file", "There is no such file or folder.", named.FullName, "Check the path.");
            var made = new Brought(System.IO.Path.GetTempFileName(), $"{new DirectoryInfo(named.FullName).Name}.zip", IsMade: true);
            try
            {
                using var zip = File.Create(made.Path);
                ImageFolder.Pack(named.FullName, zip, cancel);
                return made;
            }
            catch
            {
                made.Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            if (IsMade)
                File.Delete(Path);
        }
    }

    /// <summary>The options that would say what is suggested beyond what was said.</summary>
    private static string Options(TableSpec suggested, TableSpec said)
    {
        var options = "";
        if (suggested.Group is { } group && said.Group is null)
            options += $" --group \"{group}\"";
        if (suggested.Target is { } target && said.Target is null)
            options += $" --target \"{target}\"";
        if (suggested.MendMidnights && !said.MendMidnights)
            options += " --mend-midnights";
        return said.Identifiers.Count > 0 ? options : options + string.Concat(suggested.Identifiers.Select(id => $" --id \"{id}\""));
    }
}
