using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dure.Kernel;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Dure.Node.Hosting;

/// <summary>The ports a node opens: HTTP at its address, MQTT beside it, all on this computer only.</summary>
internal sealed class NodeListeners : IDisposable
{
    public const int DefaultMqttPort = 1883;

    // For HTTP; MQTT counts its own connections.
    private const int MaxHttpConnections = 2000;

    private readonly NodeOptions options;
    private readonly Uri url;
    private readonly int mqttPort;
    private readonly X509Certificate2? certificate;
    private ListenOptions? http;
    private ListenOptions? mqtt;
    private ListenOptions? mqttTls;
    private readonly Dictionary<int, Socket> taken = [];
    private int httpConnections;

    /// <summary>Decides which ports to open, and takes those that are named: of two nodes that start at once only one gets a port.</summary>
    /// <exception cref="ProblemException">A port that was asked for is taken, or the certificate cannot be used.</exception>
    public NodeListeners(NodeOptions options)
    {
        this.options = options;
        url = new Uri(options.Url);
        mqttPort = ChooseMqttPort();
        certificate = options.MqttTlsPort >= 0 ? LoadCertificate() : null;
        if (options.MqttTlsPort > 0)
            Take(options.MqttTlsPort.Value, nameof(NodeOptions.MqttTlsPort));
    }

    /// <summary>Whether there is an MQTT port.</summary>
    public bool HasMqtt => mqttPort >= 0 || certificate is not null;

    /// <summary>What the start has to tell.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Where HTTP listens, known after the start.</summary>
    public Uri Address => http?.IPEndPoint is { } bound && url.HostNameType != UriHostNameType.Dns ? new UriBuilder(url.Scheme, url.Host, bound.Port).Uri : url;

    /// <summary>Where MQTT listens, known after the start.</summary>
    public IReadOnlyList<Uri> MqttAddresses =>
        [.. new[] { ("mqtt", mqtt), ("mqtts", mqttTls) }.Where(listener => listener.Item2 is not null).Select(listener => new Uri($"{listener.Item1}://127.0.0.1:{listener.Item2!.IPEndPoint!.Port}"))];

    /// <summary>Tells Kestrel. Its own addresses are not used, since endpoints that are set would override them without a word.</summary>
    public void Configure(KestrelServerOptions kestrel, Func<ConnectionContext, Task> serveMqtt)
    {
        if (url.HostNameType == UriHostNameType.Dns)
            kestrel.ListenLocalhost(url.Port, ListenHttp);
        else
            kestrel.Listen(IPAddress.Parse(url.Host.Trim('[', ']')), url.Port, ListenHttp);
        if (mqttPort >= 0)
        {
            kestrel.Listen(IPAddress.Loopback, mqttPort, listener =>
            {
                mqtt = listener;
                listener.Run(connection => serveMqtt(connection));
            });
        }
        if (certificate is not null)
        {
            kestrel.Listen(IPAddress.Loopback, options.MqttTlsPort!.Value, listener =>
            {
                mqttTls = listener;
                listener.UseHttps(certificate);
                listener.Run(connection => serveMqtt(connection));
            });
        }
    }

    /// <summary>The socket to listen on: the one that was taken, where there is one.</summary>
    public Socket Bound(EndPoint endpoint) =>
        endpoint is IPEndPoint { Port: var port } && taken.Remove(port, out var socket) ? socket : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);

    /// <summary>Gives back the ports that were taken and not used.</summary>
    public void Dispose()
    {
        foreach (var socket in taken.Values)
            socket.Dispose();
        taken.Clear();
    }

    private void ListenHttp(ListenOptions listener)
    {
        http = listener;
        if (url.Scheme == Uri.UriSchemeHttps)
            listener.UseHttps();
        listener.Use(next => async connection =>
        {
            try
            {
                if (Interlocked.Increment(ref httpConnections) > MaxHttpConnections)
                    connection.Abort(new ConnectionAbortedException($"{MaxHttpConnections} connections are open."));
                else
                    await next(connection);
            }
            finally
            {
                Interlocked.Decrement(ref httpConnections);
            }
        });
    }

    private int ChooseMqttPort()
    {
        if (options.MqttPort is { } chosen)
        {
            if (chosen > 0)
                Take(chosen, nameof(NodeOptions.MqttPort));
            return chosen;
        }
        if (url.Port == 0)
            return 0;
        if (TryTake(DefaultMqttPort))
            return DefaultMqttPort;
        Notes.Add($"MQTT is off: another program has port {DefaultMqttPort}. Stop it, or set {NodeOptions.Section}:{nameof(NodeOptions.MqttPort)} to another port.");
        return -1;
    }

    private void Take(int port, string setting)
    {
        if (!TryTake(port))
            throw new ProblemException("urn:dure:node:address-taken", $"Port {port} is in use by another program.", $"setting {NodeOptions.Section}:{setting}", "Stop that program, or choose another port.");
    }

    private bool TryTake(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(); // bound alone, another could still bind it too
        }
        catch (SocketException)
        {
            socket.Dispose();
            return false;
        }
        taken[port] = socket;
        return true;
    }

    private X509Certificate2 LoadCertificate()
    {
        var file = options.MqttCertificateFile!;
        try
        {
            var loaded = X509Certificate2.GetCertContentType(file) == X509ContentType.Pkcs12
                ? X509CertificateLoader.LoadPkcs12FromFile(file, options.MqttCertificatePassword)
                : X509Certificate2.CreateFromPemFile(file);
            return loaded.HasPrivateKey ? loaded : throw new CryptographicException("It holds no private key.");
        }
        catch (Exception unusable) when (unusable is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("urn:dure:node:bad-certificate", unusable.Message, $"setting {NodeOptions.Section}:{nameof(NodeOptions.MqttCertificateFile)}, {file}",
                "Give a PKCS#12 file and its password, or a PEM file with certificate and private key.", unusable);
        }
    }
}
