using System.Net.Http.Headers;

namespace Dure.Bench.Historian;

/// <summary>Posts line protocol; the same client for InfluxDB and for Dure.</summary>
internal static class LineClient
{
    private static readonly MediaTypeHeaderValue Plain = new("text/plain");

    /// <summary>Returns when every body was acknowledged.</summary>
    public static Task Send(HttpClient client, string path, byte[][] bodies, int connections)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < bodies.Length; i = Interlocked.Increment(ref next))
            {
                using var content = new ByteArrayContent(bodies[i]);
                content.Headers.ContentType = Plain;
                using var response = await client.PostAsync(path, content);
                if (!response.IsSuccessStatusCode)
                    throw new InvalidOperationException($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
            }
        }));
    }
}
