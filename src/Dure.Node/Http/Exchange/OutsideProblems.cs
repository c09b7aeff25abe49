using Dure.Exchange.Protocol;
using Dure.Kernel;
using Dure.Node.Hosting;

namespace Dure.Node.Http.Exchange;

/// <summary>What callers from outside are told when something goes wrong: what they can mend as it is, and of this node's own trouble only that there is some.</summary>
internal static class OutsideProblems
{
    /// <summary>The problem as it may be told; what may not be goes to the log.</summary>
    public static Problem Told(HttpContext context, Exception failed)
    {
        if (failed is ProblemException { Problem: var problem })
            return Told(context, problem);
        Log(context, failed.Message);
        return OwnTrouble.Told;
    }

    /// <summary>The problem as it may be told; what may not be goes to the log.</summary>
    public static Problem Told(HttpContext context, Problem problem)
    {
        if (!OwnTrouble.Is(problem))
            return problem;
        Log(context, $"{problem.Type}: {problem.What} {problem.Where}: {problem.Mend}");
        return OwnTrouble.Told;
    }

    /// <summary>Answers with what may be told.</summary>
    /// <param name="statusOf">The status of a problem that is not this node's own trouble.</param>
    public static Task Write(HttpContext context, Exception failed, Func<string, int> statusOf)
    {
        var told = Told(context, failed);
        var status = told.Type == OwnTrouble.Type ? StatusCodes.Status503ServiceUnavailable : statusOf(told.Type);
        if (status == StatusCodes.Status429TooManyRequests)
            context.Response.Headers.RetryAfter = "1";
        return Problems.Write(context, status, told.Type, told.What, told.Where, told.Mend);
    }

    private static void Log(HttpContext context, string reason) => context.RequestServices.GetRequiredService<RefusedTokens>().Tell(context.Request.Path, reason);
}
