using Dure.Devices.Sila;

namespace Dure.DeviceSimulators;

/// <summary>The reactor as a SiLA 2 server, with Dure's feature for keys or without.</summary>
internal static class SilaReactor
{
    private const string Feature = "org.dure.sim/lab/Reactor/v1";

    private const string Definition = """
        <?xml version="1.0" encoding="utf-8"?>
        <Feature xmlns="http://www.sila-standard.org" Locale="en" SiLA2Version="1.1" FeatureVersion="1.0" MaturityLevel="Draft" Originator="org.dure.sim" Category="lab">
          <Identifier>Reactor</Identifier><DisplayName>Reactor</DisplayName><Description>A simulated reactor.</Description>
          <Command><Identifier>React</Identifier><DisplayName>React</DisplayName><Description>Holds a temperature and gives the yield.</Description><Observable>Yes</Observable>
            <Parameter><Identifier>Temperature</Identifier><DisplayName>Temperature</DisplayName><Description>Of the bath.</Description>
              <DataType><Constrained><DataType><Basic>Real</Basic></DataType><Constraints><Unit><Label>Cel</Label><Factor>1</Factor><Offset>273.15</Offset></Unit><MinimalInclusive>20</MinimalInclusive><MaximalInclusive>90</MaximalInclusive></Constraints></Constrained></DataType></Parameter>
            <Response><Identifier>Yield</Identifier><DisplayName>Yield</DisplayName><Description>What was won.</Description>
              <DataType><Constrained><DataType><Basic>Real</Basic></DataType><Constraints><Unit><Label>%</Label><Factor>0.01</Factor><Offset>0</Offset></Unit></Constraints></Constrained></DataType></Response>
            <DefinedExecutionErrors><Identifier>Interrupted</Identifier></DefinedExecutionErrors>
          </Command>
          <DefinedExecutionError><Identifier>Interrupted</Identifier><DisplayName>Interrupted</DisplayName><Description>It did not come to its end.</Description></DefinedExecutionError>
        </Feature>
        """;

    private const string Cancelling = """
        <?xml version="1.0" encoding="utf-8"?>
        <Feature xmlns="http://www.sila-standard.org" Locale="en" SiLA2Version="1.1" FeatureVersion="2.0" MaturityLevel="Draft" Originator="org.dure.sim" Category="core">
          <Identifier>CancelController</Identifier><DisplayName>Cancel Controller</DisplayName><Description>Stops what runs.</Description>
          <Command><Identifier>CancelAll</Identifier><DisplayName>Cancel All</DisplayName><Description>Stops all.</Description><Observable>No</Observable></Command>
        </Feature>
        """;

    public static async Task<int> Start(SimulatedReactor reactor, bool hasKeys)
    {
        var service = new SilaService(Definition);
        var codec = new SilaCodec(service.Feature.Types);
        service.OnObservableCommand("React", async (call, execution, _) =>
        {
            var key = hasKeys ? ((SilaValue.Text)call.Metadata[$"{SilaCore.IdempotencyKeyIdentifier}/Metadata/Key"]).Value : execution.Id.ToString();
            if (!reactor.TryBegin(key, ((SilaValue.Real)call.Parameters["Temperature"]).Value))
                throw service.Error("Interrupted", "The reactor is busy.");
            var run = await reactor.WaitFor(key);
            return run.State == "done" ? Responses(run) : throw service.Error("Interrupted", run.Cause);
        });
        var cancelling = new SilaService(Cancelling).OnCommand("CancelAll", (_, _) =>
        {
            reactor.Stop();
            return Task.FromResult(SilaValue.Structure.Empty);
        });
        var keys = new SilaService(SilaCore.IdempotencyKey).OnMetadata("Key", Feature).OnCommand("QueryKey", (call, _) =>
        {
            var run = reactor.Find(((SilaValue.Text)call.Parameters["Key"]).Value);
            var responses = run is { State: "done" } ? codec.Write(service.Feature.Command("React").Responses, Responses(run)) : [];
            return Task.FromResult(SilaValue.Of(("State", new SilaValue.Text(run?.State ?? "notKnown")), ("Cause", new SilaValue.Text(run?.Cause ?? "")), ("Responses", new SilaValue.Binary(responses))));
        });
        var options = new SilaServerOptions { Name = "Simulated SiLA reactor", Uuid = new Guid("5d1a7c1e-0000-4000-8000-000000000001"), Type = "SimulatedReactor" };
        var server = await SilaServer.Start(options, hasKeys ? [service, cancelling, keys] : [service, cancelling], TimeProvider.System, CancellationToken.None);
        return server.Address.Port;
    }

    private static SilaValue.Structure Responses(Run run) => SilaValue.Of(("Yield", new SilaValue.Real(run.YieldPercent)));
}
