using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Dure.Bench.Historian.Peers;

/// <summary>A server that is measured: on 127.0.0.1, with its own folder, ended by its number when the measurement ends in whatever way.</summary>
internal sealed class PeerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly ConcurrentDictionary<int, Process> Running = new();
    private readonly Process process;

    static PeerProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var left in Running.Values)
            left.Kill(entireProcessTree: true);
    };

    private PeerProcess(Process process) => this.process = process;

    /// <summary>Processor time of the server so far, s.</summary>
    public double CpuSeconds
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts it and waits until it listens.</summary>
    public static async Task<PeerProcess> Start(string peer, PeerPackages packages, int port, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        start.Environment["LD_LIBRARY_PATH"] = packages.Libraries;
        var process = Process.Start(start)!;
        Running[process.Id] = process;
        var server = new PeerProcess(process);
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await server.Listening(peer, port);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (!Running.TryRemove(process.Id, out _))
            return;
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private async Task Listening(string peer, int port)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            if (process.HasExited || clock.Elapsed > Patience)
                throw new PeerMissingException(peer, process.HasExited ? $"it ended with {process.ExitCode}" : $"it does not listen on port {port}");
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }
    }
}
