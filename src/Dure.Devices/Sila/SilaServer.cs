using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Dure.Devices.Sila;

/// <summary>How a SiLA server presents itself and where it listens.</summary>
public sealed record SilaServerOptions
{
    public required string Name { get; init; }

    /// <summary>Stays the same over restarts.</summary>
    public required Guid Uuid { get; init; }
    public string Type { get; init; } = "Instrument";
    public string Description { get; init; } = "";
    public string Version { get; init; } = "1.0";
    public string VendorUrl { get; init; } = "https://example.org";
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0: any free port.</summary>
    public int Port { get; init; }

    /// <summary>With it the server speaks TLS, as SiLA asks beyond the machine itself; without it HTTP/2 in the clear, on loopback only.</summary>
    public X509Certificate2? Certificate { get; init; }
    public int MaxMessageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Executions that are kept, running or finished; beyond it the oldest finished one is forgotten, and when all run a new one is not accepted.</summary>
    public int MaxExecutions { get; init; } = 1000;
}

/// <summary>A SiLA 2 (v1.1) server on Kestrel: gRPC over HTTP/2, framed by <see cref="Grpc"/>. Serves SiLAService by itself.</summary>
public sealed class SilaServer : IAsyncDisposable
{
    private readonly SilaServerOptions options;
    private readonly TimeProvider time;
    private readonly WebApplication app;
    private readonly SilaCalls calls;
    private readonly CancellationTokenSource ending = new();

    private SilaServer(SilaServerOptions options, IReadOnlyList<SilaService> services, TimeProvider time)
    {
        (this.options, this.time) = (options, time);
        calls = new SilaCalls([SilaCore.Service(options, services), .. services], options, ending.Token);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxMessageBytes + 1024L;
            kestrel.Listen(options.Address, options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (options.Certificate is { } certificate)
                    listen.UseHttps(certificate);
            });
        });
        app = builder.Build();
        app.Run(Answer);
    }

    public Uri Address { get; private set; } = null!; // Start sets it before anyone sees the server

    /// <summary>Starts to listen.</summary>
    /// <exception cref="ArgumentException">A feature is served incompletely, or in the clear beyond loopback.</exception>
    public static async Task<SilaServer> Start(SilaServerOptions options, IReadOnlyList<SilaService> services, TimeProvider time, CancellationToken cancel)
    {
        if (options.Certificate is null && !IPAddress.IsLoopback(options.Address))
            throw new ArgumentException("Beyond the machine itself SiLA asks for TLS: give a certificate.", nameof(options));
        foreach (var service in services)
            service.CheckComplete();
        var server = new SilaServer(options, services, time);
        await server.app.StartAsync(cancel);
        server.Address = new Uri(server.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
        await app.StopAsync(limit.Token);
        await app.DisposeAsync();
        ending.Dispose();
    }

    private async Task Answer(HttpContext context)
    {
        if (context.Request.Method != HttpMethods.Post || context.Request.ContentType?.StartsWith(Grpc.ContentType, StringComparison.Ordinal) != true)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }
        context.Response.ContentType = Grpc.ContentType;
        var (status, message) = await Conduct(context);
        if (context.RequestAborted.IsCancellationRequested)
            return;
        context.Response.AppendTrailer("grpc-status", ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (message.Length > 0)
            context.Response.AppendTrailer("grpc-message", Grpc.EncodeMessage(message));
    }

    private async Task<(GrpcStatus Status, string Message)> Conduct(HttpContext context)
    {
        var deadline = Grpc.Timeout(context.Request.Headers["grpc-timeout"]);
        using var clock = deadline is { } span ? new CancellationTokenSource(span, time) : new CancellationTokenSource();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ending.Token, clock.Token);
        try
        {
            var request = await Grpc.Read(context.Request.Body, options.MaxMessageBytes, limit.Token) ?? throw new GrpcException(GrpcStatus.Internal, "The request has no message.");
            await foreach (var message in calls.Answer(context.Request.Path.Value!, request, name => context.Request.Headers[name], HeaderNames(context), limit.Token))
            {
                await context.Response.Body.WriteAsync(Grpc.Frame(message), limit.Token);
                await context.Response.Body.FlushAsync(limit.Token);
            }
            return (GrpcStatus.Ok, "");
        }
        catch (SilaException refusal)
        {
            return (GrpcStatus.Aborted, refusal.ToStatusMessage());
        }
        catch (GrpcException refusal)
        {
            return (refusal.Status, refusal.Message);
        }
        catch (OperationCanceledException)
        {
            return clock.IsCancellationRequested ? (GrpcStatus.DeadlineExceeded, "The call's time is over.") : (GrpcStatus.Unavailable, "The server ends.");
        }
        catch (IOException)
        {
            return (GrpcStatus.Cancelled, "");
        }
    }

    private static IEnumerable<string> HeaderNames(HttpContext context) => context.Request.Headers.Keys;
}
