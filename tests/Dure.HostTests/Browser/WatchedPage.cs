using Microsoft.Playwright;
using Xunit;

namespace Dure.HostTests.Browser;

/// <summary>A page whose console errors and failed requests are kept; disposing it asserts that there was none.</summary>
public sealed class WatchedPage : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly Func<string> output;

    internal WatchedPage(IBrowserContext context, IPage page, Func<string> output)
    {
        (this.context, Page, this.output) = (context, page, output);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                Note($"{page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => Note($"{page.Url}: {error}");
        page.RequestFailed += (_, request) =>
        {
            // A page that is left, and a chart that is zoomed again, drop their own requests.
            if (request.Failure is not "net::ERR_ABORTED")
                Note($"{request.Failure} {request.Url}");
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
                Note($"{response.Status} {response.Url}");
        };
    }

    public IPage Page { get; }

    public List<string> Faults { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        lock (Faults)
            Assert.True(Faults.Count == 0, $"{string.Join('\n', Faults)}\nThe node had printed:\n{output()}");
    }

    private void Note(string fault)
    {
        lock (Faults)
            Faults.Add(fault);
    }
}
