import openai

client = openai.OpenAI()
question = {"role": "user", "content": "Why is the sky blue?"}
answer = client.chat.completions.create(model="gpt-4o-mini", messages=[question])
print(answer.choices[0].message.content)
