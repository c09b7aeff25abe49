using System.Diagnostics;
using Xunit;

namespace Dure.HostTests.Devices;

/// <summary>A process that says "ready ..." on its first line and runs until it is killed.</summary>
internal sealed class Helper : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Process process;

    private Helper(Process process, string[] ready) => (this.process, Ready) = (process, ready);

    /// <summary>What stands behind the word "ready".</summary>
    public string[] Ready { get; }

    public static async Task<Helper> Start(string program, CancellationToken cancel, params string[] arguments)
    {
        var process = Process.Start(Plan(program, arguments))!;
        process.ErrorDataReceived += (_, line) => TestContext.Current.TestOutputHelper?.WriteLine(line.Data ?? "");
        process.BeginErrorReadLine();
        var line = await process.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(Patience, cancel);
        return line?.Split(' ') is ["ready", .. var ready] ? new Helper(process, ready) : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} said: {line}");
    }

    /// <summary>Runs to the end and gives what it printed.</summary>
    public static async Task<string> Run(string program, CancellationToken cancel, params string[] arguments)
    {
        using var process = Process.Start(Plan(program, arguments))!;
        var complaint = process.StandardError.ReadToEndAsync(cancel);
        var told = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel).WaitAsync(Patience, cancel);
        return process.ExitCode == 0 ? told : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await complaint}");
    }

    /// <summary>kill -9.</summary>
    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private static ProcessStartInfo Plan(string program, string[] arguments) =>
        new(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
}
