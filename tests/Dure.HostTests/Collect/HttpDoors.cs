using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Collect;

public sealed class HttpJsonDoorTests(DoorNode node) : DoorConformance(node)
{
    private protected override Task<Door> Open(DoorNode on) => Task.FromResult<Door>(new HttpJsonDoor(on));
}

public sealed class LineProtocolDoorTests(DoorNode node) : DoorConformance(node)
{
    private protected override Task<Door> Open(DoorNode on) => Task.FromResult<Door>(new LineProtocolDoor(on));
}

public sealed class CsvDoorTests(DoorNode node) : DoorConformance(node)
{
    private protected override Task<Door> Open(DoorNode on) => Task.FromResult<Door>(new CsvDoor(on));
}

/// <summary>A door over HTTP: its adapters differ in the body.</summary>
internal abstract class HttpDoor(DoorNode node) : Door(node)
{
    public override string Source => "http";

    protected abstract string Path { get; }

    protected abstract string Type { get; }

    protected abstract string Body(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples);

    public override async Task Send(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel)
    {
        var status = await Post(Body(name, unit, samples), cancel);
        // A batch of which nothing could be taken is told to be unprocessable, its samples are counted as rejected.
        Assert.True(status is HttpStatusCode.OK or HttpStatusCode.NoContent or HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest, $"answered {status}");
    }

    public override async Task SendTorn(string name, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel)
    {
        var body = Encoding.UTF8.GetBytes(Body(name, null, samples));
        using var client = new TcpClient();
        await client.ConnectAsync(Node.Node.Address.Host, Node.Node.Address.Port, cancel);
        var head = $"POST /{Path} HTTP/1.1\r\nHost: {Node.Node.Address.Authority}\r\nAuthorization: Bearer {Node.Node.Token}\r\nContent-Type: {Type}\r\nContent-Length: {body.Length}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), cancel);
        await client.GetStream().WriteAsync(body.AsMemory(0, body.Length / 2), cancel);
        client.LingerState = new LingerOption(enable: true, seconds: 0); // a reset, as when a cable is pulled
    }

    protected async Task<HttpStatusCode> Post(string body, CancellationToken cancel)
    {
        using var response = await Node.Node.Client.PostAsync(Path, new StringContent(body, Encoding.UTF8, Type), cancel);
        return response.StatusCode;
    }

    protected static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}

internal sealed class HttpJsonDoor(DoorNode node) : HttpDoor(node)
{
    public override string Asset => "conform/json";
    protected override string Path => "api/v1/ingest";
    protected override string Type => "application/json";

    protected override string Body(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples) => new JsonObject
    {
        ["signals"] = new JsonArray(new JsonObject
        {
            ["signal"] = Signal(name),
            ["unit"] = unit,
            ["samples"] = new JsonArray([.. samples.Select(sample => new JsonArray(sample.Time, sample.Value))]),
        }),
    }.ToJsonString();

    /// <summary>A body that ends in the middle is refused whole; beside a good sample a value that is none is refused alone.</summary>
    public override async Task<string> SendBroken(string name, (long Time, double Value) good, CancellationToken cancel)
    {
        var right = Body(name, null, [good]);
        Assert.Equal(HttpStatusCode.BadRequest, await Post(right[..^4], cancel));
        Assert.Equal(HttpStatusCode.BadRequest, await Post("\0\x7f\u00ff}{", cancel));
        await Post(right.Replace("]]", $"],[{good.Time + 1},\"NaN\"]]", StringComparison.Ordinal), cancel);
        return name;
    }
}

internal sealed class LineProtocolDoor(DoorNode node) : HttpDoor(node)
{
    public override string Asset => "conform/lines";
    public override bool SaysUnits => false;
    protected override string Path => "api/v2/write?precision=us";
    protected override string Type => "text/plain";

    protected override string Body(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples) =>
        string.Concat(samples.Select(sample => $"m,asset={Asset} {name}={Number(sample.Value)} {sample.Time}\n"));

    public override async Task<string> SendBroken(string name, (long Time, double Value) good, CancellationToken cancel)
    {
        Assert.Equal(HttpStatusCode.BadRequest, await Post($"{Body(name, null, [good])}m,asset={Asset} {name}=\n\u0001\u0002 garbage\n", cancel));
        return "line 3";
    }
}

internal sealed class CsvDoor(DoorNode node) : HttpDoor(node)
{
    public override string Asset => "conform/csv";
    protected override string Path => $"api/v1/ingest/csv?asset={Asset}";
    protected override string Type => "text/csv";

    protected override string Body(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples) => Csv.Of(name, unit, samples);

    public override async Task<string> SendBroken(string name, (long Time, double Value) good, CancellationToken cancel)
    {
        await Post(Csv.Of(name, null, [good]) + "2023-11-14 22:13:21;abc\n\u0001\u0002garbage\n", cancel);
        return "line 4";
    }
}

internal static class Csv
{
    public static string Of(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples) =>
        $"time;{name}{(unit is null ? "" : $" [{unit}]")}\n" + string.Concat(samples.Select(sample => string.Create(CultureInfo.InvariantCulture,
            $"{DateTimeOffset.UnixEpoch.AddMicroseconds(sample.Time):yyyy-MM-dd HH:mm:ss.ffffff};{sample.Value:R}\n")));
}
