using System.Runtime.CompilerServices;
using Dure.Kernel;

namespace Dure.Devices.Sila;

/// <summary>From a gRPC method's path to the delegate that serves it: reads and checks parameters and metadata, runs, and writes what comes back.</summary>
internal sealed class SilaCalls
{
    private delegate IAsyncEnumerable<byte[]> Method(byte[] request, IReadOnlyDictionary<string, SilaValue> metadata, CancellationToken cancel);

    private readonly SilaServerOptions options;
    private readonly CancellationToken ending;
    private readonly Dictionary<string, (SilaService Service, string Identifier, Method Run)> methods = new(StringComparer.Ordinal);
    private readonly List<(SilaService Service, SilaElement Element, string Header, string Identifier)> metadata = [];
    private readonly Dictionary<Guid, SilaExecution> executions = [];
    private readonly Queue<Guid> order = [];
    private readonly Lock door = new();

    public SilaCalls(IReadOnlyList<SilaService> services, SilaServerOptions options, CancellationToken ending)
    {
        (this.options, this.ending) = (options, ending);
        foreach (var service in services)
            Add(service);
    }

    /// <exception cref="SilaException">An error that SiLA knows.</exception>
    /// <exception cref="GrpcException">There is no such method, or the message cannot be read.</exception>
    public IAsyncEnumerable<byte[]> Answer(string path, byte[] request, Func<string, string?> header, IEnumerable<string> headers, CancellationToken cancel)
    {
        if (!methods.TryGetValue(path, out var method))
            throw new GrpcException(GrpcStatus.Unimplemented, $"This server has no method {path}.");
        if (method.Service.Feature.QualifiedIdentifier == SilaCore.QualifiedIdentifier && headers.Any(name => name.StartsWith("sila-", StringComparison.OrdinalIgnoreCase)))
            throw SilaException.Framework(SilaFrameworkError.NoMetadataAllowed, "SiLAService takes no metadata.");
        return method.Run(request, ReadMetadata(method.Service.Feature, method.Identifier, header), cancel);
    }

    private void Add(SilaService service)
    {
        var feature = service.Feature;
        void Serve(string rpc, string identifier, Method run) => methods.Add($"/{feature.Service}/{rpc}", (service, identifier, run));
        foreach (var command in feature.Commands)
        {
            var name = command.Identifier;
            if (!command.IsObservable)
            {
                Serve(name, $"{feature.QualifiedIdentifier}/Command/{name}", (request, given, cancel) => Once(() => Call(service, command, request, given, cancel)));
                continue;
            }
            var path = $"{feature.QualifiedIdentifier}/Command/{name}";
            Serve(name, path, (request, given, _) => Once(() => Task.FromResult(Begin(service, command, request, given))));
            Serve($"{name}_Info", path, (request, _, cancel) => Select(Find(path, request).Watch(cancel), SilaFramework.WriteInfo, cancel));
            Serve($"{name}_Result", path, (request, _, _) => Once(() => Task.FromResult(service.Codec.Write(command.Responses, Find(path, request).Result()))));
            if (command.IntermediateResponses.Count > 0)
                Serve($"{name}_Intermediate", path, (request, _, cancel) => Select(Find(path, request).Intermediates(cancel), values => service.Codec.Write(command.IntermediateResponses, values), cancel));
        }
        foreach (var property in feature.Properties)
        {
            var path = $"{feature.QualifiedIdentifier}/Property/{property.Identifier}";
            byte[] Write(SilaValue value) => service.Codec.Write([property.Value], SilaValue.Of((property.Identifier, value)));
            if (property.IsObservable)
                Serve($"Subscribe_{property.Identifier}", path, (_, _, cancel) => Select(service.Subscriptions[property.Identifier](cancel), Write, cancel));
            else
                Serve($"Get_{property.Identifier}", path, (_, _, _) => Once(() => Task.FromResult(Write(service.Properties[property.Identifier]()))));
        }
        foreach (var element in feature.Metadata)
        {
            metadata.Add((service, element, feature.MetadataHeader(element.Identifier), $"{feature.QualifiedIdentifier}/Metadata/{element.Identifier}"));
            var affected = service.AffectedCalls[element.Identifier];
            Serve($"Get_FCPAffectedByMetadata_{element.Identifier}", "", (_, _, _) => Once(() => Task.FromResult(WriteAffected(affected))));
        }
    }

    private Dictionary<string, SilaValue> ReadMetadata(SilaFeature feature, string call, Func<string, string?> header)
    {
        var read = new Dictionary<string, SilaValue>(StringComparer.Ordinal);
        foreach (var (service, element, name, identifier) in metadata)
        {
            var affected = service.AffectedCalls[element.Identifier];
            if (!affected.Contains(call) && !affected.Contains(feature.QualifiedIdentifier))
                continue;
            var text = header(name) ?? throw SilaException.Framework(SilaFrameworkError.InvalidMetadata, $"The call needs the metadata {identifier}.");
            try
            {
                var bytes = Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '=')); // gRPC allows to leave the padding out
                var value = service.Codec.Read([element], bytes)[element.Identifier];
                if (ConstraintCheck.Objection(element.Type, value, service.Feature.Types) is { } objection)
                    throw SilaException.Framework(SilaFrameworkError.InvalidMetadata, $"The metadata {identifier} {objection}.");
                read.Add(identifier, value);
            }
            catch (Exception failure) when (failure is FormatException or ProblemException)
            {
                throw SilaException.Framework(SilaFrameworkError.InvalidMetadata, $"The metadata {identifier} cannot be read: {failure.Message}");
            }
        }
        return read;
    }

    private static async Task<byte[]> Call(SilaService service, SilaCommand command, byte[] request, IReadOnlyDictionary<string, SilaValue> given, CancellationToken cancel)
    {
        var call = new SilaCall(ReadParameters(service, command, request), given);
        var answer = await Guarded(() => service.Commands[command.Identifier](call, cancel));
        return service.Codec.Write(command.Responses, answer);
    }

    private byte[] Begin(SilaService service, SilaCommand command, byte[] request, IReadOnlyDictionary<string, SilaValue> given)
    {
        var call = new SilaCall(ReadParameters(service, command, request), given);
        var execution = new SilaExecution(Guid.NewGuid(), $"{service.Feature.QualifiedIdentifier}/Command/{command.Identifier}");
        Keep(execution);
        _ = Conduct(service, command, call, execution);
        return SilaFramework.WriteConfirmation(execution.Id, TimeSpan.FromDays(1));
    }

    /// <summary>What the delegate does before it first waits is done before the client is confirmed: a stop that comes after the confirmation finds it begun.</summary>
    private async Task Conduct(SilaService service, SilaCommand command, SilaCall call, SilaExecution execution)
    {
        try
        {
            var answer = await Guarded(() => service.ObservableCommands[command.Identifier](call, execution, ending));
            service.Codec.Write(command.Responses, answer); // what does not fit the definition fails here, not at the reader
            execution.Finish(answer);
        }
        catch (SilaException failure)
        {
            execution.Fail(failure);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ProblemException)
        {
            execution.Fail(new SilaException(SilaErrorKind.Undefined, "", failure.Message, failure));
        }
    }

    private static SilaValue.Structure ReadParameters(SilaService service, SilaCommand command, byte[] request)
    {
        string Path(string parameter) => $"{service.Feature.QualifiedIdentifier}/Command/{command.Identifier}/Parameter/{parameter}";
        try
        {
            var parameters = service.Codec.Read(command.Parameters, request);
            foreach (var parameter in command.Parameters)
            {
                if (ConstraintCheck.Objection(parameter.Type, parameters[parameter.Identifier], service.Feature.Types) is { } objection)
                    throw new SilaException(SilaErrorKind.Validation, Path(parameter.Identifier), $"The parameter {parameter.Identifier} {objection}.");
            }
            return parameters;
        }
        catch (ProblemException failure) when (failure.Problem.Type.EndsWith("sila-value", StringComparison.Ordinal))
        {
            throw new SilaException(SilaErrorKind.Validation, Path(failure.Problem.Where), failure.Problem.What, failure);
        }
        catch (ProblemException failure)
        {
            throw new GrpcException(GrpcStatus.InvalidArgument, failure.Message, failure);
        }
    }

    /// <summary>A delegate's own failure is the device's failure: told to the client, never the end of the server.</summary>
    private static async Task<T> Guarded<T>(Func<Task<T>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception failure) when (failure is not (SilaException or OperationCanceledException))
        {
            throw new SilaException(SilaErrorKind.Undefined, "", failure.Message, failure);
        }
    }

    private void Keep(SilaExecution execution)
    {
        lock (door)
        {
            for (var looked = order.Count; executions.Count >= options.MaxExecutions && looked > 0; looked--)
            {
                var oldest = order.Dequeue();
                if (executions[oldest].IsFinished)
                    executions.Remove(oldest);
                else
                    order.Enqueue(oldest);
            }
            if (executions.Count >= options.MaxExecutions)
                throw SilaException.Framework(SilaFrameworkError.CommandExecutionNotAccepted, $"{executions.Count} commands run already.");
            executions.Add(execution.Id, execution);
            order.Enqueue(execution.Id);
        }
    }

    private SilaExecution Find(string command, byte[] request)
    {
        string text;
        try
        {
            text = SilaFramework.ReadId(request);
        }
        catch (ProblemException failure)
        {
            throw new GrpcException(GrpcStatus.InvalidArgument, failure.Message, failure);
        }
        lock (door)
        {
            return Guid.TryParse(text, out var id) && executions.TryGetValue(id, out var execution) && execution.Command == command
                ? execution : throw SilaException.Framework(SilaFrameworkError.InvalidCommandExecutionUuid, "There is no such execution of this command.");
        }
    }

    private static byte[] WriteAffected(IReadOnlyList<string> calls)
    {
        var into = new ProtoWriter();
        foreach (var call in calls)
            into.Message(1, text => text.Text(1, call));
        return into.ToArray();
    }

    private static async IAsyncEnumerable<byte[]> Once(Func<Task<byte[]>> answer)
    {
        yield return await answer();
    }

    private static async IAsyncEnumerable<byte[]> Select<T>(IAsyncEnumerable<T> values, Func<T, byte[]> write, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var value in values.WithCancellation(cancel))
            yield return write(value);
    }
}
