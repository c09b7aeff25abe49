using System.Diagnostics;
using System.Text;
using Xunit;

namespace Dure.HostTests.Interop;

/// <summary>A program of <c>gateways/opcua</c> under Node.js, which runs until the test is over.</summary>
internal sealed class GatewayScript : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process process;
    private readonly StringBuilder errors = new();

    private GatewayScript(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
                errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
    }

    public static GatewayScript Start(string script, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var path = Path.Combine(Checkout.Root, "gateways", "opcua", "dist", script);
        Assert.SkipUnless(File.Exists(path), "run ./test, which builds gateways/opcua first");
        var start = new ProcessStartInfo("node") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[path, .. arguments])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new GatewayScript(Process.Start(start)!);
    }

    public async Task Tell(string line, CancellationToken cancel)
    {
        await process.StandardInput.WriteLineAsync(line.AsMemory(), cancel);
        await process.StandardInput.FlushAsync(cancel);
    }

    /// <summary>The next line it prints, or the next one that is this.</summary>
    public async Task<string> Line(string? wanted, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (wanted is null || line == wanted)
                    return line;
            }
            throw new InvalidOperationException($"It has ended: {Errors}");
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"It printed nothing more: {Errors}", error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private string Errors
    {
        get
        {
            lock (errors)
                return errors.ToString();
        }
    }
}
