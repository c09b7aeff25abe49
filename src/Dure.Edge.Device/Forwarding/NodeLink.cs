using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Dure.Edge.Fleet;

namespace Dure.Edge.Device.Forwarding;

/// <summary>The node's answer to a report.</summary>
internal abstract record Delivery
{
    private Delivery() { }

    public sealed record Accepted(ReportReceipt Receipt) : Delivery;

    /// <summary>The node is away or busy.</summary>
    public sealed record Later(string Why, TimeSpan? After) : Delivery;

    /// <summary>Sending it again would not help.</summary>
    public sealed record Refused(string Why) : Delivery;
}

/// <summary>The one door of the node that a device uses.</summary>
internal sealed class NodeLink(HttpMessageHandler handler, Uri node, string device, string token) : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(30);

    private readonly Uri address = new($"{node.ToString().TrimEnd('/')}/api/v1/devices/{Uri.EscapeDataString(device)}/reports");
    private readonly HttpClient client = new(handler, disposeHandler: false) { Timeout = LongestAnswer, MaxResponseContentBufferSize = MaxAnswerBytes };

    public async Task<Delivery> Send(DeviceReport report, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(report, FleetJson.Default.DeviceReport))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var answer = await client.SendAsync(request, cancel);
            return await Judge(answer, cancel);
        }
        catch (HttpRequestException cause)
        {
            return new Delivery.Later(cause.Message, null);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Delivery.Later($"no answer within {LongestAnswer.TotalSeconds} s", null);
        }
        catch (JsonException)
        {
            return new Delivery.Later("the answer is not a receipt", null);
        }
    }

    public void Dispose() => client.Dispose();

    private static async Task<Delivery> Judge(HttpResponseMessage answer, CancellationToken cancel)
    {
        var body = await answer.Content.ReadAsByteArrayAsync(cancel);
        if (answer.IsSuccessStatusCode)
            return JsonSerializer.Deserialize(body, FleetJson.Default.ReportReceipt) is { } receipt ? new Delivery.Accepted(receipt) : new Delivery.Later("the answer is empty", null);
        var status = (int)answer.StatusCode;
        return status >= 500 || answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            ? new Delivery.Later($"status {status}", answer.Headers.RetryAfter?.Delta)
            : new Delivery.Refused($"status {status}{Detail(body)}");
    }

    /// <summary>The words of the node's problem document, when it sent one.</summary>
    private static string Detail(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var words = json.RootElement.ValueKind == JsonValueKind.Object
                ? json.RootElement.EnumerateObject().Where(one => one.Name is "title" or "detail" or "what" or "mend" && one.Value.ValueKind == JsonValueKind.String).Select(one => one.Value.GetString())
                : [];
            return string.Join(' ', words) is { Length: > 0 } text ? ": " + (text.Length <= 400 ? text : text[..400]).ReplaceLineEndings(" ") : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
