using System.CommandLine;
using Dure.Edge.Device.Forwarding;
using Dure.Edge.Packages;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Edge.Device;

/// <summary>The command line of <c>dure-edge</c>.</summary>
internal static class DeviceCommand
{
    private const string Examples = """
        Scores a machine's rows beside the machine and reports to the node.

        Examples:
          dure-edge check --package pumps.durepkg --key node-key.jwk
          driver | dure-edge run --package pumps.durepkg --key node-key.jwk --node http://127.0.0.1:8080 \
            --device 1f2e3d4c5b6a --token-file token --buffer /var/lib/dure-edge --input -

        A row is one line: {"asset":"plant/pump/1","time":1700000000000000,"values":[1.5,null]}
          time    microseconds since 1970 UTC, or ISO 8601 ("2024-03-01T06:00:00Z")
          values  one number per signal in the package's order; null where the sensor gave none

        Exit codes: 0 done; 2 options, package or key refused; 3 reports wait in the buffer; 4 the node refuses the device
        """;

    private static readonly Option<string> Package = new("--package") { Description = "The .durepkg file from the node.", Required = true };
    private static readonly Option<string> Key = new("--key") { Description = "The node's public key (JWK file), which must have signed the package.", Required = true };
    private static readonly Option<string> Node = new("--node") { Description = "The node's address, such as http://127.0.0.1:8080.", Required = true };
    private static readonly Option<string> Device = new("--device") { Description = "The id that enrolling gave.", Required = true };
    private static readonly Option<string> TokenFile = new("--token-file") { Description = "File with the token that enrolling gave.", Required = true };
    private static readonly Option<string> Buffer = new("--buffer") { Description = "Folder where reports wait for the node; one per device.", Required = true };
    private static readonly Option<int> BufferMegabytes = new("--buffer-mb") { Description = "How large the buffer may grow; then reading waits.", DefaultValueFactory = _ => 256 };
    private static readonly Option<string> Input = new("--input") { Description = "File of rows, or - for standard input.", DefaultValueFactory = _ => "-" };
    private static readonly Option<string?> ScoresOut = new("--scores-out") { Description = "File to which each score is written too, one JSON object per line." };
    private static readonly Option<int> WaitSeconds = new("--wait") { Description = "Seconds to wait for a node that is away, after the end of input.", DefaultValueFactory = _ => 60 };

    public static Task<int> Run(string[] args)
    {
        var run = new Command("run", "Score rows and report to the node.") { Package, Key, Node, Device, TokenFile, Buffer, BufferMegabytes, Input, ScoresOut, WaitSeconds };
        run.SetAction((options, stop) => Guarded(() => Watch(options, stop)));
        var check = new Command("check", "Verify a package and run its self-test.") { Package, Key };
        check.SetAction((options, stop) => Guarded(() => Task.FromResult(Check(options, stop))));
        var root = new RootCommand(Examples) { run, check };
        var parsed = root.Parse(args);
        return parsed.Errors.Count > 0 && parsed.Action is not System.CommandLine.Help.HelpAction ? WrongOptions(parsed) : parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
    }

    private static async Task<int> Watch(ParseResult options, CancellationToken stop)
    {
        var package = Open(options, stop);
        var address = Address(options.GetRequiredValue(Node));
        var device = options.GetRequiredValue(Device);
        var token = ReadSmall(options.GetRequiredValue(TokenFile), "Write the token that enrolling gave into it.").Trim();
        using var buffer = ReportBuffer.Open(options.GetRequiredValue(Buffer), device, (long)Math.Clamp(options.GetValue(BufferMegabytes), 1, 1 << 20) << 20);
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(10) };
        using var node = new NodeLink(handler, address, device, token);
        await using var scores = options.GetValue(ScoresOut) is { } path ? new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16) : null;
        await using var input = options.GetValue(Input) is "-" or null ? Console.OpenStandardInput() : File.OpenRead(options.GetValue(Input)!);
        var patience = new Patience { AfterEnd = TimeSpan.FromSeconds(Math.Clamp(options.GetValue(WaitSeconds), 0, 86_400)) };
        var summary = await new DeviceRun(package, buffer, node, patience, new Batching(), TimeProvider.System, Say) { ScoresOut = scores }.Run(input, stop);
        Say($"{summary.Scored} rows scored, {summary.Alarms} alarms raised, {summary.Refused} lines refused, {summary.SeenBefore} rows seen before.");
        switch (summary.End)
        {
            case ForwardingEnd.Refused(var why):
                Say($"The node refuses this device's reports: {why}. {buffer.Waiting} reports wait in {options.GetValue(Buffer)}. Mend that, then run the same command again.");
                return ExitCode.NodeRefuses;
            case ForwardingEnd.NodeAway(var why) when buffer.Waiting > 0:
                Say($"{buffer.Waiting} reports wait in {options.GetValue(Buffer)} ({why}). Run the same command again to send them.");
                return ExitCode.ReportsWait;
            default:
                return ExitCode.Done;
        }
    }

    private static int Check(ParseResult options, CancellationToken stop)
    {
        var package = Open(options, stop);
        var manifest = package.Manifest;
        Console.WriteLine($"{options.GetValue(Package)}: in order");
        Console.WriteLine($"  package   {package.Hash}");
        Console.WriteLine($"  signed by {package.SignedBy.Id}");
        Console.WriteLine($"  model     {manifest.ModelName} {manifest.ModelVersion} ({manifest.Detector})");
        Console.WriteLine($"  signals   {string.Join(", ", manifest.Signals.Select(signal => $"{signal.Name} [{signal.Unit}]"))}");
        Console.WriteLine($"  self-test {manifest.Machines.Sum(machine => machine.SelfTest.Count)} rows of {manifest.Machines.Count} machines give the expected scores");
        return ExitCode.Done;
    }

    /// <summary>Opens a package and runs its self-test: nothing is scored by an engine that the package does not agree with.</summary>
    private static ModelPackage Open(ParseResult options, CancellationToken stop)
    {
        var path = options.GetRequiredValue(Key);
        VerificationKey trusted;
        try
        {
            trusted = VerificationKey.FromJwk(CanonicalJson.Parse(System.Text.Encoding.UTF8.GetBytes(ReadSmall(path, "Get it from the node: GET /api/v1/journal/key."))));
        }
        catch (ProblemException cause)
        {
            throw new ProblemException(cause.Problem with { Where = path }, cause);
        }
        var package = ModelPackage.Open(options.GetRequiredValue(Package), trusted);
        var problems = package.SelfTest(stop);
        return problems.Count == 0 ? package : throw new ProblemException(problems[0]);
    }

    private static Uri Address(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address
        : throw new ProblemException("urn:dure:edge:bad-option", $"'{text}' is not an address.", "--node", "Write it as http://host:port.");

    private static string ReadSmall(string path, string mend)
    {
        const int most = 64 * 1024;
        if (!File.Exists(path) || new FileInfo(path).Length is 0 or > most)
            throw new ProblemException("urn:dure:edge:bad-option", $"The file is missing, empty or larger than {most} bytes.", path, mend);
        return File.ReadAllText(path);
    }

    private static async Task<int> Guarded(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (ProblemException refused)
        {
            Say(refused.Problem.ToString());
            return ExitCode.Refused;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            Say($"{cause.Message} Check the path, its rights and the space on the disk.");
            return ExitCode.Refused;
        }
    }

    private static Task<int> WrongOptions(ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
            Say(error.Message);
        Say("See dure-edge --help.");
        return Task.FromResult(ExitCode.Refused);
    }

    private static void Say(string line) => Console.Error.WriteLine(line);
}
