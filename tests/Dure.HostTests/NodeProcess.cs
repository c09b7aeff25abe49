using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Dure.HostTests;

/// <summary>A real node in a process of its own, on a folder that outlives it.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private const int KilledExitCode = 128 + 9; // SIGKILL
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly Process process;
    private readonly StringBuilder output = new();

    private NodeProcess(Process process, string folder)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Folder = folder;
    }

    public string Folder { get; }
    public Uri Address { get; private set; } = null!; // Start sets it before anyone sees the node
    public string Token { get; private set; } = "";
    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(60) };
    public int Id => process.Id;
    public bool HasEnded => process.HasExited;

    /// <summary>Everything the process has printed.</summary>
    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>Starts a node and waits until it listens. One that was killed from outside before it said a word is started once more: that tells nothing of the node.</summary>
    public static async Task<NodeProcess> Start(string folder, CancellationToken cancel, params string[] moreArguments) =>
        await TryStart(folder, moreArguments, cancel) ?? await TryStart(folder, moreArguments, cancel) ?? throw new InvalidOperationException("The node was killed twice while it started.");

    private static async Task<NodeProcess?> TryStart(string folder, string[] moreArguments, CancellationToken cancel)
    {
        var addressFile = Path.Combine(folder, "node.json");
        File.Delete(addressFile);
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] url = moreArguments.Contains("--url") ? [] : ["--url", "http://127.0.0.1:0"];
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dure.dll"), "up", "--data", folder, .. url, .. moreArguments])
            start.ArgumentList.Add(argument);
        if (url.Length == 0)
            start.Environment["DURE_NODE__MQTTPORT"] = "0"; // several nodes at addresses of their own would all want the usual port
        var node = new NodeProcess(Process.Start(start)!, folder);
        var begun = Stopwatch.StartNew();
        while (!TryReadAddress(addressFile, out var address))
        {
            if (node.HasEnded)
                await node.process.WaitForExitAsync(cancel); // until its last words are read, too
            if (node.HasEnded && node.process.ExitCode == KilledExitCode && node.Output.Trim().Length == 0)
                return null;
            if (node.HasEnded || begun.Elapsed > Patience)
                throw new InvalidOperationException($"The node did not start ({(node.HasEnded ? $"exit code {node.process.ExitCode}" : "still running")}, {begun.Elapsed.TotalSeconds:F1} s): {node.Output}");
            await Task.Delay(20, cancel);
            continue;
        }
        node.Address = new Uri(JsonNode.Parse(await File.ReadAllTextAsync(addressFile, cancel))!["address"]!.GetValue<string>());
        node.Token = (await File.ReadAllTextAsync(Path.Combine(folder, "administrator.token"), cancel)).Trim();
        node.Client.BaseAddress = node.Address;
        node.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", node.Token);
        return node;
    }

    /// <summary>A command on this node, as its operator types it; gives what it printed.</summary>
    public async Task<string> Command(CancellationToken cancel, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dure.dll"), .. arguments, "--data", Folder])
            start.ArgumentList.Add(argument);
        using var command = Process.Start(start)!;
        var told = command.StandardOutput.ReadToEndAsync(cancel);
        var complaint = command.StandardError.ReadToEndAsync(cancel);
        await command.WaitForExitAsync(cancel);
        return command.ExitCode == 0 ? await told : throw new InvalidOperationException($"dure {string.Join(' ', arguments)}: {await complaint} {Output}");
    }

    /// <summary>kill -9: no good-bye, no flush.</summary>
    public async Task Kill()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await Kill();
        Client.Dispose();
        process.Dispose();
    }

    private static bool TryReadAddress(string file, out string text)
    {
        text = "";
        try
        {
            text = File.Exists(file) ? File.ReadAllText(file) : "";
        }
        catch (IOException)
        {
            return false; // being written
        }
        return text.EndsWith('}');
    }

    private void Keep(string? line)
    {
        lock (output)
            output.AppendLine(line);
    }
}
