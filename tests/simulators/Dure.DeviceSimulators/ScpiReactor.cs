using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dure.Devices.Conformance;

namespace Dure.DeviceSimulators;

/// <summary>The reactor as a SCPI device. It knows no keys: each trigger is a run.</summary>
internal sealed class ScpiReactor(SimulatedReactor reactor)
{
    private readonly Queue<string> errors = new();
    private readonly string session = Guid.NewGuid().ToString("N");
    private int events = 128; // power on
    private int triggers;
    private double temperature = 20;
    private string last = "";

    public static int Start(SimulatedReactor reactor)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var device = new ScpiReactor(reactor);
        _ = device.Accept(listener);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task Accept(TcpListener listener)
    {
        while (true)
            _ = Serve(await listener.AcceptTcpClientAsync());
    }

    private async Task Serve(TcpClient client)
    {
        try
        {
            using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
            while (await reader.ReadLineAsync() is { } line)
            {
                if (Answer(line.Trim()) is { } answer)
                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer + "\n"));
            }
        }
        catch (IOException)
        {
            // the other side has gone
        }
    }

    private string? Answer(string line)
    {
        lock (errors)
        {
            switch (line)
            {
                case "*IDN?": return "Dure,Simulated SCPI reactor,0001,1.0";
                case "*OPC?": return "1";
                case "*CLS": errors.Clear(); events = 0; return null;
                case "*ESR?": return Interlocked.Exchange(ref events, 0).ToString(CultureInfo.InvariantCulture);
                case "SYST:ERR?": return errors.TryDequeue(out var error) ? error : "0,\"No error\"";
                case "STAT:BUSY?": return reactor.SaysBusy ? "1" : "0";
                case "ABOR": reactor.Stop(); return null;
                case "FETC:YIEL?": return Fetch();
                case "INIT": return Trigger();
            }
            if (line.StartsWith("SOUR:TEMP ", StringComparison.Ordinal) && double.TryParse(line.AsSpan(10), NumberStyles.Float, CultureInfo.InvariantCulture, out var wanted))
            {
                if (wanted is >= 20 and <= 90)
                    temperature = wanted;
                else
                    errors.Enqueue("-222,\"Data out of range\"");
                return null;
            }
            errors.Enqueue("-113,\"Undefined header\"");
            return null;
        }
    }

    private string? Trigger()
    {
        var key = $"{session}-{++triggers}";
        if (reactor.TryBegin(key, temperature))
            last = key;
        else
            errors.Enqueue("-213,\"Init ignored\"");
        return null;
    }

    private string Fetch()
    {
        if (reactor.Find(last) is not { State: "done" } run || double.IsNaN(run.YieldPercent))
            return "9.91E37";
        return run.YieldPercent.ToString("E6", CultureInfo.InvariantCulture) + (reactor.Fault == DeviceFault.WrongUnit ? " g" : "");
    }
}
