using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Dure.Tests.Architecture;

/// <summary>The project files against the table of allowed references in <c>docs/map.md</c>: the text a reader sees is the rule that holds.</summary>
public sealed partial class ReferenceTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Projects_refer_only_to_what_the_map_allows()
    {
        var allowed = AllowedReferences();
        var violations = new List<string>();
        foreach (var project in Projects())
        {
            var name = ShortName(project);
            if (!allowed.TryGetValue(name, out var mayReferTo))
            {
                violations.Add($"{name} does not stand in docs/map.md");
                continue;
            }
            violations.AddRange(ReferencesOf(project).Where(reference => !mayReferTo.Contains(reference) && !mayReferTo.Contains("everything"))
                .Select(reference => $"{name} may not refer to {reference}"));
        }
        Assert.Empty(violations);
    }

    [Fact]
    public void No_project_refers_to_itself_in_a_circle()
    {
        var graph = Projects().ToDictionary(ShortName, project => ReferencesOf(project).ToArray());
        foreach (var project in graph.Keys)
            Assert.DoesNotContain(project, Reachable(graph, project));
    }

    [Fact]
    public void Only_the_native_project_calls_native_code()
    {
        var callers = SourceFiles().Where(file => NativeCall().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(Root, file)).Where(file => !file.StartsWith("src/Dure.Native/", StringComparison.Ordinal));
        Assert.Empty(callers);
    }

    [Fact]
    public void Nothing_but_the_hosts_reads_the_wall_clock()
    {
        var readers = SourceFiles().Where(file => WallClock().IsMatch(File.ReadAllText(file))).Select(file => Path.GetRelativePath(Root, file));
        Assert.Empty(readers);
    }

    [Fact]
    public void An_actuator_is_reached_from_the_gate_alone()
    {
        var callers = SourceFiles().Where(file => ActuatorCall().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(Root, file)).Where(file => !file.StartsWith("src/Dure.Loop/", StringComparison.Ordinal));
        Assert.Empty(callers);
    }

    private static Dictionary<string, HashSet<string>> AllowedReferences()
    {
        var table = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(Path.Combine(Root, "docs", "map.md")))
        {
            var row = AllowedRow().Match(line);
            if (!row.Success)
                continue;
            var names = row.Groups["to"].Value.Split(',', StringSplitOptions.TrimEntries).Where(name => name is not "nothing");
            foreach (var project in row.Groups["of"].Value.Split(',', StringSplitOptions.TrimEntries))
                table[project] = [.. names];
        }
        Assert.NotEmpty(table);
        return table;
    }

    private static HashSet<string> Reachable(Dictionary<string, string[]> graph, string from)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(graph[from]);
        while (open.TryPop(out var next))
        {
            if (seen.Add(next) && graph.TryGetValue(next, out var further))
                Array.ForEach(further, open.Push);
        }
        return seen;
    }

    private static IEnumerable<string> ReferencesOf(string project) =>
        XDocument.Load(project).Descendants("ProjectReference").Select(reference => ShortName(reference.Attribute("Include")!.Value));

    private static string ShortName(string project) => Path.GetFileNameWithoutExtension(project)["Dure.".Length..];

    private static IEnumerable<string> Projects() => ProductFiles("*.csproj");

    private static IEnumerable<string> ProductFiles(string pattern) =>
        new[] { "src", "packs" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories));

    private static IEnumerable<string> SourceFiles() =>
        ProductFiles("*.cs").Where(file => !file.Contains("node_modules", StringComparison.Ordinal));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Dure.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }

    [GeneratedRegex(@"^\| (?<of>[A-Z][\w., ]*) \| (?<to>nothing|everything|[A-Z][\w., ]*) \|$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AllowedRow();

    [GeneratedRegex(@"\[(LibraryImport|DllImport)\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NativeCall();

    [GeneratedRegex(@"DateTime(Offset)?\.(Utc)?Now\b|new Random\(\)|Random\.Shared", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WallClock();

    [GeneratedRegex(@"\bactuators?\b[^;\n]*\.Act\(", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex ActuatorCall();
}
