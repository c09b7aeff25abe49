using Dure.Exchange.Identity;
using Dure.Kernel;

namespace Dure.Node.Hosting;

/// <summary>What an operator may set, by file (<c>dure.json</c> in the data folder), environment (<c>DURE_NODE__URL</c>) or flag. Every value has a safe default.</summary>
public sealed class NodeOptions
{
    public const string Section = "Node";
    public const string DefaultUrl = "http://127.0.0.1:5210";

    /// <summary>The folder that holds journal, blobs, series and keys.</summary>
    public string DataPath { get; set; } = "";

    /// <summary>Where the node listens. Port 0 takes any free port.</summary>
    public string Url { get; set; } = DefaultUrl;

    /// <summary>The largest request body taken, in bytes.</summary>
    public long MaxBatchBytes { get; set; } = 32L * 1024 * 1024;

    /// <summary>The organisation's name on pages and cards.</summary>
    public string Organisation { get; set; } = "This organisation";

    /// <summary>
    /// The port for MQTT on this computer: 0 takes any free one, -1 turns MQTT off. Unset it is 1883, or any free one when <see cref="Url"/>'s
    /// port is 0; and when another program has 1883, the node starts without MQTT and says so.
    /// </summary>
    public int? MqttPort { get; set; }

    /// <summary>The port for MQTT over TLS; unset or -1: none. Needs <see cref="MqttCertificateFile"/>.</summary>
    public int? MqttTlsPort { get; set; }

    /// <summary>The TLS certificate with its private key: a PKCS#12 file, or a PEM file that holds both.</summary>
    public string? MqttCertificateFile { get; set; }

    /// <summary>The PKCS#12 file's password, if it has one; better set by the environment (<c>DURE_NODE__MQTTCERTIFICATEPASSWORD</c>).</summary>
    public string? MqttCertificatePassword { get; set; }

    /// <summary>A compatibility kit's script. With it exchanges know no identities and no policies: for tests of conformance only.</summary>
    public string? ExchangeScriptFile { get; set; }

    /// <summary>The address other organisations reach this node by, such as that of a reverse proxy with TLS; unset: where it listens.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>Hosts, or <c>host:port</c>, of partners that may have a private address. Others are reached at public addresses only.</summary>
    public string[] ExchangeHosts { get; set; } = [];

    /// <summary>Identifiers of alliances whose credentials count here, beside those this node joined.</summary>
    public string[] TrustedAlliances { get; set; } = [];

    /// <summary>Whether nodes of other makers are asked for credentials, and may ask (Decentralized Claims Protocol).</summary>
    public bool AsksForCredentials { get; set; }

    /// <summary>The longest file that a partner may bring where its catalogue announced no length, in bytes.</summary>
    public long MaxPushedBytes { get; set; } = 64L << 30;

    /// <summary>Checks all values at start, so that a mistake is told before anything is opened.</summary>
    /// <exception cref="ProblemException">Names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(DataPath))
            throw Wrong(nameof(DataPath), DataPath, "Name a folder the node may write to, for example --data ./plant.");
        if (File.Exists(DataPath))
            throw Wrong(nameof(DataPath), DataPath, "It is a file; name a folder.");
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw Wrong(nameof(Url), Url, $"Write it as {DefaultUrl}.");
        if (!url.IsLoopback)
            throw Wrong(nameof(Url), Url, "This version listens on this computer only: use 127.0.0.1, and a reverse proxy with TLS in front for other computers.");
        if (MaxBatchBytes is < 1024 or > 1L << 30)
            throw Wrong(nameof(MaxBatchBytes), MaxBatchBytes.ToString(), "Choose 1024 to 1073741824 bytes.");
        if (MaxPushedBytes < 1)
            throw Wrong(nameof(MaxPushedBytes), MaxPushedBytes.ToString(), "Choose a number of bytes.");
        if (Organisation.Length is 0 or > 200)
            throw Wrong(nameof(Organisation), Organisation, "Choose a name of 1 to 200 characters.");
        if (MqttPort is < -1 or > 65535)
            throw Wrong(nameof(MqttPort), $"{MqttPort}", "Choose a port from 1 to 65535, 0 for any free one, or -1 for none.");
        if (MqttTlsPort is < -1 or > 65535)
            throw Wrong(nameof(MqttTlsPort), $"{MqttTlsPort}", "Choose a port from 1 to 65535, 0 for any free one, or -1 for none.");
        if (MqttTlsPort >= 0 && !File.Exists(MqttCertificateFile))
            throw Wrong(nameof(MqttCertificateFile), MqttCertificateFile ?? "", "Name the file of a certificate with its private key (PKCS#12 or PEM); MQTT over TLS needs it.");
        if (PublicUrl is not null)
            ValidatePublicUrl(PublicUrl);
        foreach (var alliance in TrustedAlliances)
            if (!Did.TryParse(alliance, out _))
                throw Wrong(nameof(TrustedAlliances), alliance, "Write identifiers as did:web:alliance.example.");
    }

    private static void ValidatePublicUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
            throw Wrong(nameof(PublicUrl), text, "Write it as https://plant.example.");
        if (address.Scheme == "http" != address.IsLoopback)
            throw Wrong(nameof(PublicUrl), text, "Use https, with a reverse proxy that has a certificate; http is for nodes on one computer only.");
        try
        {
            Did.OfAddress(address);
        }
        catch (ProblemException unusable)
        {
            throw Wrong(nameof(PublicUrl), text, unusable.Problem.Mend);
        }
    }

    private static ProblemException Wrong(string setting, string value, string mend) =>
        new("urn:dure:node:bad-setting", $"The value '{value}' does not work.", $"setting {Section}:{setting}", mend);
}
