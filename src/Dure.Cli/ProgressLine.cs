namespace Dure.Cli;

/// <summary>One line that shows how far long work is; silent where output goes to a program or a file.</summary>
internal static class ProgressLine
{
    public static Action<double, string>? For(bool asJson) => asJson || Console.IsErrorRedirected ? null : Show;

    public static void Clear()
    {
        if (!Console.IsErrorRedirected)
            Console.Error.Write("\r\e[K");
    }

    private static void Show(double share, string message)
    {
        const int Width = 24;
        var full = (int)Math.Round(Math.Clamp(share, 0, 1) * Width);
        Console.Error.Write($"\r\e[K  {new string('█', full)}{new string('░', Width - full)} {share,4:P0} {(message.Length > 60 ? message[..60] : message)}");
        if (share >= 1)
            Clear();
    }
}
