using System.Threading.RateLimiting;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange;

/// <summary>Bounds what callers can do who have no account on this node: how many at once, how often, how much they send.</summary>
internal static class OutsideCalls
{
    /// <summary>Lets at most so many calls a second through, with some more in a burst; the others are told to come again.</summary>
    public static T AtMost<T>(this T endpoint, int perSecond) where T : IEndpointConventionBuilder
    {
        var bucket = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokensPerPeriod = perSecond,
            TokenLimit = perSecond * 4,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
        });
        endpoint.Add(builder =>
        {
            var next = builder.RequestDelegate!;
            builder.RequestDelegate = async context =>
            {
                using var lease = bucket.AttemptAcquire();
                if (lease.IsAcquired)
                {
                    await next(context);
                    return;
                }
                context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                context.Response.Headers.RetryAfter = "1";
            };
        });
        return endpoint;
    }

    /// <summary>The body, of at most so many bytes.</summary>
    /// <exception cref="ProblemException">It is longer.</exception>
    public static async Task<byte[]> Body(HttpContext context, int most)
    {
        using var body = new MemoryStream();
        var buffer = new byte[8 * 1024];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
        {
            if (body.Length + read > most)
                throw new ProblemException("urn:dure:http:too-large", $"The message has more than {most} bytes.", "request body", "Send a shorter one.");
            body.Write(buffer, 0, read);
        }
        return body.ToArray();
    }

    /// <summary>All that a caller learns who did not prove who it is.</summary>
    public static Task Unauthorised(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return context.Response.WriteAsJsonAsync(new System.Text.Json.Nodes.JsonObject { ["error"] = "unauthorised" }, context.RequestAborted);
    }
}
