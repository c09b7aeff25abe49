using System.Diagnostics;
using System.Text;

namespace Dure.HostTests;

/// <summary>A real gateway in a process of its own, on a folder that outlives it.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();

    private GatewayProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public bool HasEnded => process.HasExited;

    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    public static GatewayProcess Start(string settingsFile, Uri node, string tokenFile, string folder)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dure.dll"), "gateway", "--source", settingsFile, "--node", node.ToString(), "--token-file", tokenFile, "--data", folder])
            start.ArgumentList.Add(argument);
        return new GatewayProcess(Process.Start(start)!);
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
        process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (output)
            output.AppendLine(line);
    }
}
