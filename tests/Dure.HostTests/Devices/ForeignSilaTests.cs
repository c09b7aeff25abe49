using System.Diagnostics;
using System.Text.Json.Nodes;
using Dure.Devices.Sila;
using Dure.Tests.Devices.Sila;
using Xunit;

namespace Dure.HostTests.Devices;

/// <summary>SiLA 2 with Google's gRPC core (Debian's python3-grpcio) on the other side: as a client of our server, and as a server for our client.</summary>
public sealed class ForeignSilaTests
{
    private static readonly string Clients = Path.Combine(Checkout.Root, "tests", "clients", "sila");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Our_server_serves_a_foreign_client()
    {
        var python = Python();
        await using var server = await SilaServer.Start(new SilaServerOptions { Name = "Ours", Uuid = new Guid("11111111-2222-3333-4444-555555555555") }, [Reactor()], TimeProvider.System, Cancel);
        var seen = JsonNode.Parse(await Helper.Run(python, Cancel, Path.Combine(Clients, "client.py"), server.Address.Authority))!;
        Assert.Equal("Ours", (string?)seen["name"]);
        Assert.Equal("""["org.made/lab/Reactor/v2","org.silastandard/core/SiLAService/v1"]""", seen["features"]!.ToJsonString());
        Assert.Equal(MadeFeature.Xml.Length, (int)seen["definition"]!);
        Assert.Equal("[1,2,3]", seen["steps"]!.ToJsonString());
        Assert.Equal(2, (int)seen["lastStatus"]!);
        Assert.Equal(71.5, (double)seen["yield"]!);
        Assert.Equal(1000, (int)seen["temperatures"]!);
        Assert.Equal("""["ABORTED",1,"org.made/lab/Reactor/v2/Command/React/Parameter/Temperature"]""", seen["invalid"]!.ToJsonString());
        Assert.Equal([2, "org.made/lab/Reactor/v2/DefinedExecutionError/Overheated", "89 °C is too hot"], seen["defined"]!.AsArray().Select(part => part!.GetValueKind() == System.Text.Json.JsonValueKind.Number ? (object)(int)part : (string)part!));
        Assert.Equal("[4]", seen["noExecution"]!.ToJsonString());
        Assert.Equal("[4,3]", seen["noMetadata"]!.ToJsonString());
        Assert.True((bool)seen["echo"]!);
        Assert.Equal(("UNIMPLEMENTED", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED"), ((string)seen["unknownMethod"]!, (string)seen["malformed"]!, (string)seen["deadline"]!));
    }

    [Fact]
    public async Task Our_client_drives_a_foreign_server_by_its_definition()
    {
        var python = Python();
        var definition = await Definition();
        using var foreign = await Helper.Start(python, Cancel, Path.Combine(Clients, "server.py"), definition);
        using var client = await SilaClient.Connect(new Uri($"http://127.0.0.1:{foreign.Ready[0]}"), new SilaClientOptions { Timeout = TimeSpan.FromSeconds(5) }, TimeProvider.System, Cancel);
        File.Delete(definition);
        Assert.Equal(("Foreign", "0.9"), (client.ServerName, client.ServerVersion));

        var execution = await client.Begin(MadeFeature.Identifier, "React", Wish(60), Cancel);
        var steps = 0;
        await foreach (var step in client.Intermediates(MadeFeature.Identifier, "React", execution, Cancel))
            Assert.Equal(steps++, ((SilaValue.Integer)step["Progress"]).Value);
        Assert.Equal(1000, steps);
        var infos = new List<SilaExecutionInfo>();
        await foreach (var info in client.Watch(MadeFeature.Identifier, "React", execution, Cancel))
            infos.Add(info);
        Assert.Equal([SilaExecutionStatus.Running, SilaExecutionStatus.FinishedSuccessfully], infos.Select(info => info.Status));
        var result = await client.Result(MadeFeature.Identifier, "React", execution, Cancel);
        Assert.Equal(new SilaValue.Real(30), result["Yield"]);
        Assert.Equal([new SilaValue.Text("one"), new SilaValue.Text("two")], ((SilaValue.List)result["Log"]).Items);
        Assert.Equal(new SilaValue.Text("1"), await client.Get(MadeFeature.Identifier, "Serial", Cancel));

        var echoed = await client.Call(MadeFeature.Identifier, "Echo", SilaValue.Of(("Vials", new SilaValue.List([])), ("Raw", new SilaValue.Binary(new byte[] { 7 })),
            ("At", new SilaValue.Timestamp(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)))), Cancel, client.Metadata(MadeFeature.Identifier, "Operator", new SilaValue.Text("Kim")));
        Assert.Equal(new SilaValue.Timestamp(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)), echoed["At"]);
    }

    [Fact]
    public async Task A_foreign_servers_errors_and_silence_are_understood()
    {
        var python = Python();
        var definition = await Definition();
        using var foreign = await Helper.Start(python, Cancel, Path.Combine(Clients, "server.py"), definition);
        using var client = await SilaClient.Connect(new Uri($"http://127.0.0.1:{foreign.Ready[0]}"), new SilaClientOptions { Timeout = TimeSpan.FromSeconds(5) }, TimeProvider.System, Cancel);
        File.Delete(definition);

        var invalid = await Assert.ThrowsAsync<SilaException>(() => client.Begin(MadeFeature.Identifier, "React", Wish(95), Cancel));
        Assert.Equal((SilaErrorKind.Validation, $"{MadeFeature.Identifier}/Command/React/Parameter/Temperature", "too hot: 90 °C"), (invalid.Kind, invalid.Identifier, invalid.Message));
        var lost = await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            await foreach (var value in client.Subscribe(MadeFeature.Identifier, "Temperature", Cancel))
                Assert.Equal(new SilaValue.Real(20), value);
        });
        Assert.Equal(GrpcStatus.DataLoss, lost.Status);
        var silent = await Assert.ThrowsAsync<GrpcException>(() => client.Begin(MadeFeature.Identifier, "React", Wish(33), Cancel));
        Assert.Equal(GrpcStatus.DeadlineExceeded, silent.Status);
    }

    /// <summary>The definition as a file among the test's own output.</summary>
    private static async Task<string> Definition()
    {
        var file = Path.Combine(AppContext.BaseDirectory, $"reactor-{Guid.NewGuid():N}.sila.xml");
        await File.WriteAllTextAsync(file, MadeFeature.Xml, Cancel);
        return file;
    }

    private static SilaValue.Structure Wish(double temperature) => SilaValue.Of(("Temperature", new SilaValue.Real(temperature)), ("Solvent", new SilaValue.Text("water")));

    private static SilaService Reactor()
    {
        var reactor = new SilaService(MadeFeature.Xml);
        return reactor
            .OnCommand("Echo", (call, _) => Task.FromResult(call.Parameters))
            .OnObservableCommand("React", async (call, execution, cancel) =>
            {
                for (var i = 1; i <= 3; i++)
                    execution.Publish(SilaValue.Of(("Progress", new SilaValue.Integer(i))));
                var temperature = ((SilaValue.Real)call.Parameters["Temperature"]).Value;
                if (temperature == 50)
                    await Task.Delay(Timeout.Infinite, cancel);
                return temperature <= 80 ? SilaValue.Of(("Yield", new SilaValue.Real(71.5)), ("Log", new SilaValue.List([]))) : throw reactor.Error("Overheated", $"{temperature} °C is too hot");
            })
            .OnProperty("Serial", () => new SilaValue.Text("R-7"))
            .OnSubscription("Temperature", _ => Temperatures())
            .OnMetadata("Operator", $"{MadeFeature.Identifier}/Command/Echo");
    }

    private static async IAsyncEnumerable<SilaValue> Temperatures()
    {
        for (var i = 0; i < 1000; i++)
        {
            await Task.Yield();
            yield return new SilaValue.Real(20 + i / 100.0);
        }
    }

    /// <summary>A Python that has grpcio: the system's, since Debian's package serves that one.</summary>
    private static string Python()
    {
        foreach (var candidate in (ReadOnlySpan<string>)["/usr/bin/python3", "python3"])
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(candidate, ["-c", "import grpc"]) { UseShellExecute = false, RedirectStandardError = true })!;
                process.StandardError.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode == 0)
                    return candidate;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // there is no such program
            }
        }
        Assert.Skip("install Debian's python3-grpcio for the tests with a foreign gRPC client and server");
        return "";
    }
}
