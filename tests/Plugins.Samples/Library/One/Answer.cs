namespace SampleLibrary;

public static class Answer
{
    public static string Text => "library 1";
}
