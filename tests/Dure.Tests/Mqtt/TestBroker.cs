using System.IO.Pipelines;
using System.Text;
using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Dure.Mqtt.Server;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dure.Tests.Mqtt;

/// <summary>A server in this process, reached over pipes. Everybody may do everything but what the names forbid.</summary>
public sealed class TestBroker : IMqttAccess, IMqttTap, IAsyncDisposable
{
    public const string NoSubscribe = "test/nosubscribe";
    public const string NoPublish = "test/nopublish";

    private MqttServer server = null!;

    public ManualTime Time { get; } = new();
    public MqttServerOptions Options { get; } = new() { SystemTopicsEvery = TimeSpan.Zero };
    public MqttServer Server => server;
    public List<(string Topic, string Payload, string Who)> Tapped { get; } = [];

    /// <summary>Whether a tap takes what is published; counts from the next start on.</summary>
    public bool HasTap { get; set; } = true;

    /// <summary>What may be received, beside <see cref="NoSubscribe"/>.</summary>
    public Func<string, bool> MayReceive { get; set; } = _ => true;

    /// <summary>Cancelled when the connection ends whose messages the tap was given last.</summary>
    public CancellationToken TapEnding { get; private set; }

    /// <summary>What the tap does with a batch before it says that it has it.</summary>
    public Func<Task> TapWork { get; set; } = () => Task.CompletedTask;

    public static async Task<TestBroker> Start(Action<MqttServerOptions>? set = null, bool hasTap = true)
    {
        var broker = new TestBroker { HasTap = hasTap };
        set?.Invoke(broker.Options);
        await broker.Restart();
        return broker;
    }

    /// <summary>Ends the server, if it runs, and opens it again on the same folder.</summary>
    public async Task Restart()
    {
        if (server is not null)
            await server.DisposeAsync();
        server = await MqttServer.Open(Options, this, HasTap ? this : null, Time, NullLogger.Instance, CancellationToken.None);
    }

    /// <summary>Opens the state again as a crash would leave it: the old server is not told to end.</summary>
    public async Task Crash(string copyTo)
    {
        Directory.CreateDirectory(copyTo);
        foreach (var file in Directory.EnumerateFiles(Options.DataPath!))
            File.Copy(file, Path.Combine(copyTo, Path.GetFileName(file)));
        var old = server;
        Options.DataPath = copyTo;
        server = await MqttServer.Open(Options, this, HasTap ? this : null, Time, NullLogger.Instance, CancellationToken.None);
        await old.DisposeAsync();
    }

    /// <param name="transportHasEnded">As Kestrel says it when the client's FIN has come, be there bytes before it or not.</param>
    public TestClient Connect(bool transportHasEnded = false)
    {
        var (toServer, toClient) = (new Pipe(), new Pipe());
        var connection = new DefaultConnectionContext("test", new Ends(toServer.Reader, toClient.Writer), new Ends(toClient.Reader, toServer.Writer));
        connection.ConnectionClosed = new CancellationToken(transportHasEnded);
        return new TestClient(connection, Serve(connection));
    }

    public async Task<TestClient> Connect(string clientId, MqttVersion version = MqttVersion.V311, bool clean = true, Action<MqttProperties>? set = null, MqttWill? will = null, ushort keepAlive = 0)
    {
        var client = Connect();
        await client.Greet(clientId, version, clean, set, will, keepAlive);
        return client;
    }

    public ValueTask<IMqttPrincipal?> Authenticate(string clientId, string? userName, ReadOnlyMemory<byte>? password, CancellationToken cancel) =>
        ValueTask.FromResult<IMqttPrincipal?>(userName == "stranger" ? null : new Anyone(this, userName ?? "anyone"));

    public async ValueTask Take(ReadOnlyMemory<TappedMessage> messages, CancellationToken cancel)
    {
        TapEnding = cancel;
        await TapWork();
        lock (Tapped)
        {
            foreach (var message in messages.Span)
                Tapped.Add((message.Topic, Encoding.UTF8.GetString(message.Payload.Span), message.Principal.Name));
        }
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task Serve(DefaultConnectionContext connection)
    {
        await server.OnConnectedAsync(connection);
        await connection.Transport.Input.CompleteAsync();
        await connection.Transport.Output.CompleteAsync();
    }

    private sealed class Ends(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;
        public PipeWriter Output { get; } = output;
    }

    // What stands behind '#' tells those of one name apart.
    private sealed class Anyone(TestBroker broker, string id) : IMqttPrincipal
    {
        public string Id { get; } = id;
        public string Name { get; } = id.Split('#')[0];
        public bool IsValid => true;

        public bool MayPublish(string topic) => topic != NoPublish;

        public bool MayReceive(string filter) => filter != NoSubscribe && broker.MayReceive(filter);
    }
}
