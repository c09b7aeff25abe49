using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Dure.Kernel;

namespace Dure.Devices.Sila;

/// <summary>Bounds of a client.</summary>
public sealed record SilaClientOptions
{
    /// <summary>For each unary call, and for the first answer of a stream.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
    public int MaxMessageBytes { get; init; } = 4 * 1024 * 1024;
    public int MaxFeatures { get; init; } = 200;
}

/// <summary>
/// Drives any SiLA 2 server by the feature definitions that it gives: nothing is generated beforehand. Calls throw <see cref="SilaException"/> for the
/// server's own errors, <see cref="GrpcException"/> when the link or the call fails, <see cref="ProblemException"/> for what cannot be written or read.
/// </summary>
public sealed class SilaClient : IDisposable
{
    private readonly HttpClient http;
    private readonly SilaClientOptions options;
    private readonly TimeProvider time;
    private readonly Dictionary<string, (SilaFeature Feature, SilaCodec Codec)> features = new(StringComparer.Ordinal);

    private SilaClient(Uri address, SilaClientOptions options, TimeProvider time, HttpMessageHandler? handler)
    {
        (this.options, this.time) = (options, time);
        http = new HttpClient(handler ?? new SocketsHttpHandler { ConnectTimeout = options.Timeout, AllowAutoRedirect = false, UseProxy = false })
        {
            BaseAddress = address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact, // HTTP/2 without asking, also in the clear
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public string ServerName { get; private set; } = "";
    public string ServerUuid { get; private set; } = "";
    public string ServerType { get; private set; } = "";
    public string ServerVersion { get; private set; } = "";

    public IReadOnlyList<SilaFeature> Features => [.. features.Values.Select(known => known.Feature)];

    /// <summary>Connects and reads what the server is and every feature definition.</summary>
    /// <param name="handler">For servers whose certificate needs special care; null for the usual.</param>
    public static async Task<SilaClient> Connect(Uri address, SilaClientOptions options, TimeProvider time, CancellationToken cancel, HttpMessageHandler? handler = null)
    {
        var client = new SilaClient(address, options, time, handler);
        try
        {
            await client.ReadServer(cancel);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <exception cref="ProblemException">The server has no such feature.</exception>
    public SilaFeature Feature(string qualifiedIdentifier) => Known(qualifiedIdentifier).Feature;

    public bool Has(string qualifiedIdentifier) => features.ContainsKey(qualifiedIdentifier);

    /// <summary>Runs an unobservable command.</summary>
    public async Task<SilaValue.Structure> Call(string feature, string command, SilaValue.Structure parameters, CancellationToken cancel, params IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var (known, codec) = Known(feature);
        var definition = known.Command(command);
        return codec.Read(definition.Responses, await Unary(known, command, codec.Write(definition.Parameters, parameters), headers, cancel));
    }

    /// <summary>Begins an observable command; gives the execution's UUID.</summary>
    public async Task<string> Begin(string feature, string command, SilaValue.Structure parameters, CancellationToken cancel, params IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var (known, codec) = Known(feature);
        return SilaFramework.ReadConfirmation(await Unary(known, command, codec.Write(known.Command(command).Parameters, parameters), headers, cancel));
    }

    /// <summary>Status and progress until the execution ends.</summary>
    public async IAsyncEnumerable<SilaExecutionInfo> Watch(string feature, string command, string execution, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var message in Stream(Known(feature).Feature, $"{command}_Info", SilaFramework.WriteId(execution), cancel))
            yield return SilaFramework.ReadInfo(message);
    }

    /// <summary>Intermediate responses until the execution ends.</summary>
    public async IAsyncEnumerable<SilaValue.Structure> Intermediates(string feature, string command, string execution, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (known, codec) = Known(feature);
        var definition = known.Command(command);
        await foreach (var message in Stream(known, $"{command}_Intermediate", SilaFramework.WriteId(execution), cancel))
            yield return codec.Read(definition.IntermediateResponses, message);
    }

    /// <summary>The responses of a finished execution.</summary>
    public async Task<SilaValue.Structure> Result(string feature, string command, string execution, CancellationToken cancel)
    {
        var (known, codec) = Known(feature);
        return codec.Read(known.Command(command).Responses, await Unary(known, $"{command}_Result", SilaFramework.WriteId(execution), [], cancel));
    }

    /// <summary>The present value of an unobservable property.</summary>
    public async Task<SilaValue> Get(string feature, string property, CancellationToken cancel)
    {
        var (known, codec) = Known(feature);
        return codec.Read([known.Property(property).Value], await Unary(known, $"Get_{property}", [], [], cancel))[property];
    }

    /// <summary>The values of an observable property as they change.</summary>
    public async IAsyncEnumerable<SilaValue> Subscribe(string feature, string property, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (known, codec) = Known(feature);
        var element = known.Property(property).Value;
        await foreach (var message in Stream(known, $"Subscribe_{property}", [], cancel))
            yield return codec.Read([element], message)[property];
    }

    /// <summary>Metadata as the header that carries it.</summary>
    public KeyValuePair<string, string> Metadata(string feature, string identifier, SilaValue value)
    {
        var (known, codec) = Known(feature);
        var header = known.MetadataHeader(identifier);
        return new(header, Convert.ToBase64String(codec.Write([known.Metadata.First(element => element.Identifier == identifier)], SilaValue.Of((identifier, value)))));
    }

    /// <summary>The calls that must carry a metadata: fully qualified identifiers.</summary>
    public async Task<IReadOnlyList<string>> AffectedBy(string feature, string metadata, CancellationToken cancel)
    {
        var calls = new SilaElement("AffectedCalls", "", "", new SilaType.List(new SilaType.Basic(SilaBasic.String)));
        var (known, codec) = Known(feature);
        var answer = (SilaValue.List)codec.Read([calls], await Unary(known, $"Get_FCPAffectedByMetadata_{metadata}", [], [], cancel))["AffectedCalls"];
        return [.. answer.Items.Select(item => ((SilaValue.Text)item).Value)];
    }

    public void Dispose() => http.Dispose();

    internal SilaCodec Codec(string feature) => Known(feature).Codec;

    private (SilaFeature Feature, SilaCodec Codec) Known(string feature) => features.TryGetValue(feature, out var known) ? known
        : throw new ProblemException("urn:dure:devices:sila-unknown", $"The server '{ServerName}' has no feature {feature}.", feature, $"It has: {string.Join(", ", features.Keys)}.");

    private async Task ReadServer(CancellationToken cancel)
    {
        Learn(SilaCore.SiLAService);
        async Task<string> Text(string property) => ((SilaValue.Text)await Get(SilaCore.QualifiedIdentifier, property, cancel)).Value;
        ServerName = await Text("ServerName");
        ServerUuid = await Text("ServerUUID");
        ServerType = await Text("ServerType");
        ServerVersion = await Text("ServerVersion");
        var implemented = ((SilaValue.List)await Get(SilaCore.QualifiedIdentifier, "ImplementedFeatures", cancel)).Items;
        if (implemented.Count > options.MaxFeatures)
            throw new ProblemException("urn:dure:devices:sila-features", $"The server says that it has {implemented.Count} features, at most {options.MaxFeatures} are read.", ServerName, "Raise MaxFeatures if that is true.");
        foreach (var item in implemented)
        {
            var identifier = (SilaValue.Text)item;
            if (identifier.Value == SilaCore.QualifiedIdentifier)
                continue;
            var answer = await Call(SilaCore.QualifiedIdentifier, "GetFeatureDefinition", SilaValue.Of(("FeatureIdentifier", identifier)), cancel);
            Learn(((SilaValue.Text)answer["FeatureDefinition"]).Value);
        }
    }

    private void Learn(string xml)
    {
        var feature = FeatureReader.Read(xml);
        features[feature.QualifiedIdentifier] = (feature, new SilaCodec(feature.Types));
    }

    private async Task<byte[]> Unary(SilaFeature feature, string rpc, byte[] request, IReadOnlyList<KeyValuePair<string, string>> headers, CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(options.Timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, clock.Token);
        try
        {
            using var response = await Send(feature, rpc, request, headers, limit.Token);
            await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            var message = await Grpc.Read(body, options.MaxMessageBytes, limit.Token);
            if (message is not null && await body.ReadAsync(new byte[1], limit.Token) != 0)
                throw new GrpcException(GrpcStatus.Internal, "The server answered a single call with more than one message.");
            ThrowUnlessOk(response);
            return message ?? throw new GrpcException(GrpcStatus.Internal, "The server answered without a message.");
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException and not GrpcException)
        {
            throw Lost(failure, clock, cancel);
        }
    }

    private async IAsyncEnumerable<byte[]> Stream(SilaFeature feature, string rpc, byte[] request, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(options.Timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, clock.Token);
        using var response = await Lossy(() => Send(feature, rpc, request, [], limit.Token), clock, cancel);
        await using var body = await Lossy(() => response.Content.ReadAsStreamAsync(limit.Token), clock, cancel);
        while (await Lossy(() => Grpc.Read(body, options.MaxMessageBytes, limit.Token), clock, cancel) is { } message)
        {
            clock.CancelAfter(Timeout.InfiniteTimeSpan); // it speaks; the next word may take as long as the work does
            yield return message;
        }
        ThrowUnlessOk(response);
    }

    private async Task<HttpResponseMessage> Send(SilaFeature feature, string rpc, byte[] request, IReadOnlyList<KeyValuePair<string, string>> headers, CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"/{feature.Service}/{rpc}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Grpc.Frame(request)) { Headers = { ContentType = new MediaTypeHeaderValue(Grpc.ContentType) } },
        };
        message.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in headers)
            message.Headers.Add(name, value);
        var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (response.StatusCode == HttpStatusCode.OK && response.Content.Headers.ContentType?.MediaType?.StartsWith(Grpc.ContentType, StringComparison.Ordinal) == true)
            return response;
        var status = response.StatusCode;
        response.Dispose();
        throw new GrpcException(GrpcStatus.Unavailable, $"The server does not speak gRPC here (HTTP {(int)status}).");
    }

    private static void ThrowUnlessOk(HttpResponseMessage response)
    {
        // In the trailers after messages; in the headers when there is nothing else to say.
        string? Trailer(string name) => response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.First() : null;
        var status = int.TryParse(Trailer("grpc-status"), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? (GrpcStatus)code : GrpcStatus.Unknown;
        if (status == GrpcStatus.Ok)
            return;
        var message = Grpc.DecodeMessage(Trailer("grpc-message") ?? "");
        throw status == GrpcStatus.Aborted && SilaException.TryRead(message) is { } error ? error : new GrpcException(status, message);
    }

    private static async Task<T> Lossy<T>(Func<Task<T>> step, CancellationTokenSource clock, CancellationToken cancel)
    {
        try
        {
            return await step();
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException and not GrpcException)
        {
            throw Lost(failure, clock, cancel);
        }
    }

    private static GrpcException Lost(Exception failure, CancellationTokenSource clock, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return clock.IsCancellationRequested ? new GrpcException(GrpcStatus.DeadlineExceeded, "The server did not answer in time.", failure) : new GrpcException(GrpcStatus.Unavailable, failure.Message, failure);
    }
}
