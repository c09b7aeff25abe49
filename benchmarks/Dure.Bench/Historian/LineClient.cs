using System.Net.Http.Headers;

namespace Dure.Bench.Historian;

/// <summary>Posts line protocol; the same client for InfluxDB and for Dure.</summary>
internal static class LineClient
{
    private static readonly MediaTypeHeaderValue Plain = new("text/plain");

    /// <summary>Each sender posts its bodies in order; returns when every body was acknowledged.</summary>
    public static Task Send(HttpClient client, string path, IEnumerable<byte[][]> senders) => Task.WhenAll(senders.Select(async bodies =>
    {
        foreach (var body in bodies)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = Plain;
            using var response = await client.PostAsync(path, content);
            if (!response.IsSuccessStatusCode)
                throw new InvalidOperationException($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }
    }));
}
