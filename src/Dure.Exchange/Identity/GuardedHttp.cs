using System.Net;
using System.Net.Sockets;
using Dure.Kernel;

namespace Dure.Exchange.Identity;

/// <summary>What a partner answered.</summary>
/// <param name="Tag">The version of what it answered (<c>ETag</c>), if it names one.</param>
public sealed record PartnerAnswer(HttpStatusCode Status, byte[] Body, string? Tag = null)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;
}

/// <summary>Sends a message to a partner and reads an answer of at most so many bytes.</summary>
/// <exception cref="ProblemException">It cannot be reached, is refused by the rules, or answers with more.</exception>
public delegate Task<PartnerAnswer> SendMessage(HttpRequestMessage request, int mostBytes, CancellationToken cancel);

/// <summary>
/// The one way out to addresses that partners give. Names are resolved here and the connection goes to the very address that was judged, so a
/// name that changes its meaning in between gains nothing. No redirects, proxies, cookies or packed answers; everything has a bound.
/// </summary>
public sealed class GuardedHttp : IDisposable
{
    private const int MostConnectionsPerHost = 32;
    private const int MostAddressesTried = 4;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MessageTimeout = TimeSpan.FromSeconds(15);

    private readonly AddressRules rules;
    private readonly SocketsHttpHandler handler;

    public GuardedHttp(AddressRules rules)
    {
        this.rules = rules;
        handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectCallback = Connect,
            ConnectTimeout = ConnectTimeout,
            MaxConnectionsPerServer = MostConnectionsPerHost,
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 64 * 1024,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        };
        Messages = new HttpClient(new Door(rules, handler), disposeHandler: false) { Timeout = MessageTimeout, MaxResponseContentBufferSize = 1024 * 1024 };
        Streams = new HttpClient(new Door(rules, handler), disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 1024 * 1024 };
    }

    /// <summary>For messages: 15 seconds and 1 MiB each.</summary>
    public HttpClient Messages { get; }

    /// <summary>For data that flow as long as they flow: whoever uses it reads headers first and brings a token that ends it.</summary>
    public HttpClient Streams { get; }

    /// <summary>Sends a message and reads the whole answer, whatever its status.</summary>
    /// <exception cref="ProblemException">It cannot be reached, is refused by the rules, or answers with more than <paramref name="mostBytes"/>.</exception>
    public async Task<PartnerAnswer> Send(HttpRequestMessage request, int mostBytes, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(MessageTimeout);
        try
        {
            using var response = await Messages.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (response.Content.Headers.ContentEncoding.Count > 0)
                throw Failed(request.RequestUri!, "The answer is packed, which was not asked for.", null);
            if (response.Content.Headers.ContentLength > mostBytes)
                throw Failed(request.RequestUri!, $"The answer is larger than {mostBytes} bytes.", null);
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            return new PartnerAnswer(response.StatusCode, await ReadAll(stream, mostBytes, request.RequestUri!, limit.Token), response.Headers.ETag?.ToString());
        }
        catch (OperationCanceledException slow) when (!cancel.IsCancellationRequested)
        {
            throw Failed(request.RequestUri!, "It did not answer in time.", slow);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            throw Explain(request.RequestUri!, broken);
        }
    }

    /// <summary>What a failed request of <see cref="Messages"/> or <see cref="Streams"/> means for an operator.</summary>
    public static ProblemException Explain(Uri address, Exception failure) => (failure as ProblemException ?? failure.InnerException as ProblemException) is { } refused
        ? refused
        : Failed(address, failure.Message, failure);

    public void Dispose()
    {
        Messages.Dispose();
        Streams.Dispose();
        handler.Dispose();
    }

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var named = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancel);
        var addresses = named.Where(address => rules.MayConnect(host, port, address)).Take(MostAddressesTried).ToArray();
        if (addresses.Length == 0)
            throw AddressRules.Refused($"{host}:{port}", "Its address is not a public one, and no person let it in.");
        for (var i = 0; ; i++)
        {
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(addresses[i], port), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (i + 1 < addresses.Length)
            {
                socket.Dispose(); // the next address may answer
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private static async Task<byte[]> ReadAll(Stream stream, int mostBytes, Uri address, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        var buffer = new byte[8 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer, cancel)) > 0;)
        {
            if (body.Length + read > mostBytes)
                throw Failed(address, $"The answer is larger than {mostBytes} bytes.", null);
            body.Write(buffer, 0, read);
        }
        return body.ToArray();
    }

    internal static ProblemException Failed(Uri address, string why, Exception? cause) => new("urn:dure:exchange:partner-unreachable", $"The partner cannot be asked. {why}",
        address.GetLeftPart(UriPartial.Path), "Check that the partner's node runs and that its address is right.", cause);

    /// <summary>Judges each request, also those that go over a connection that is open already.</summary>
    private sealed class Door(AddressRules rules, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            rules.Check(request.RequestUri!);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
