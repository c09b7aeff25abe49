using System.Diagnostics;

namespace Dure.HostTests.Interop;

/// <summary>Runs a script of <c>tests/clients</c> under Node.js: lines in, lines out.</summary>
internal static class ClientScript
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<IReadOnlyList<string>> Run(string script, string argument, IEnumerable<string> input, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("node") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Checkout.Client(script));
        start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var errors = process.StandardError.ReadToEndAsync(cancel);
        foreach (var line in input)
            await process.StandardInput.WriteLineAsync(line.AsMemory(), cancel);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancel).WaitAsync(Patience, cancel);
        return process.ExitCode == 0
            ? (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new InvalidOperationException($"{script} ended with code {process.ExitCode}: {await errors}");
    }
}
