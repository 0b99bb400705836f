import openai

client = openai.OpenAI()
answer = client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[
        {"role": "system", "content": "Answer letters in one sentence."},
        {"role": "user", "content": "I am ada@example.com. Where is my parcel?"},
    ],
)
print(answer.choices[0].message.content)
