using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli;

/// <summary>Options that every command takes: which node, whose token, how to print.</summary>
public sealed class SharedOptions
{
    /// <summary>Written by a running node into its data folder, so that commands on the same computer find it.</summary>
    public const string AddressFile = "node.json";

    /// <summary>The administrator's token, readable by the node's user only.</summary>
    public const string TokenFile = "administrator.token";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly Option<string?> node = new("--node") { Description = "Address of the node (default: DURE_NODE, else the one running on the data folder)", Recursive = true };
    private readonly Option<FileInfo?> tokenFile = new("--token-file") { Description = "File with the token (default: DURE_TOKEN, else the administrator's in the data folder)", Recursive = true };
    private readonly Option<DirectoryInfo?> data = new("--data") { Description = "The node's data folder (default: DURE_HOME, else ~/.dure)", Recursive = true };

    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON for programs instead of text for people", Recursive = true };

    public void AddTo(Command root)
    {
        root.Options.Add(node);
        root.Options.Add(tokenFile);
        root.Options.Add(data);
        root.Options.Add(Json);
    }

    public string DataFolder(ParseResult parsed) =>
        parsed.GetValue(data)?.FullName
        ?? (Environment.GetEnvironmentVariable("DURE_HOME") is { Length: > 0 } home ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dure"));

    /// <summary>Whether the command line itself names a node.</summary>
    public bool NamesNode(ParseResult parsed) => parsed.GetValue(node) is not null;

    /// <summary>A client of the node that the options, the environment or the data folder name.</summary>
    /// <exception cref="ProblemException">No node or no token is known.</exception>
    public NodeClient Connect(ParseResult parsed) => new(AddressOf(parsed), TokenOf(parsed));

    /// <summary>The node that the options, the environment or the data folder name, and the token for it.</summary>
    /// <exception cref="ProblemException">No node or no token is known.</exception>
    public (Uri Address, string Token) NodeAndToken(ParseResult parsed) => (AddressOf(parsed), TokenOf(parsed));

    /// <summary>Prints an answer: as JSON where asked for, else by <paramref name="forPeople"/>.</summary>
    public int Print(ParseResult parsed, JsonNode answer, Action forPeople)
    {
        if (parsed.GetValue(Json))
            Console.WriteLine(answer.ToJsonString(Indented));
        else
            forPeople();
        return 0;
    }

    private Uri AddressOf(ParseResult parsed)
    {
        if (parsed.GetValue(node) is { } named)
            return Address(named, "--node");
        if (Environment.GetEnvironmentVariable("DURE_NODE") is { Length: > 0 } fromEnvironment)
            return Address(fromEnvironment, "DURE_NODE");
        var file = Path.Combine(DataFolder(parsed), AddressFile);
        if (!File.Exists(file))
            throw new ProblemException("urn:dure:cli:no-node", "No node runs on this data folder.", DataFolder(parsed), "Start one with 'dure up', or name one with --node URL.");
        return new Uri(JsonNode.Parse(File.ReadAllText(file))!.Text("address"));
    }

    private static Uri Address(string text, string where) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https")
        ? address
        : throw new ProblemException("urn:dure:cli:bad-address", $"'{text}' is not the address of a node.", where, "Write it as http://127.0.0.1:5210.");

    private string TokenOf(ParseResult parsed)
    {
        if (parsed.GetValue(tokenFile) is { } file)
            return File.ReadAllText(file.FullName).Trim();
        if (Environment.GetEnvironmentVariable("DURE_TOKEN") is { Length: > 0 } fromEnvironment)
            return fromEnvironment;
        var own = Path.Combine(DataFolder(parsed), TokenFile);
        if (!File.Exists(own))
            throw new ProblemException("urn:dure:cli:no-token", "No token is known.", own, "Set DURE_TOKEN or name a file with --token-file; the administrator makes tokens with 'dure token add'.");
        return File.ReadAllText(own).Trim();
    }
}
